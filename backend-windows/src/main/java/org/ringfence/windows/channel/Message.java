package org.ringfence.windows.channel;

import java.util.List;
import java.util.Map;

/**
 * What is said over a channel. Whoever asks gives its question a number, which the answer has, too.
 */
public sealed interface Message {
  /** The version of all of this; two that have different ones do not talk. */
  int VERSION = 1;

  /** Something that has an answer. */
  sealed interface Question extends Message {
    /**
     * Its number.
     *
     * @return a number that no other question of this channel has
     */
    int number();
  }

  /**
   * The first that a runner says.
   *
   * @param version the version that it speaks
   * @param pid its process
   * @param profile variables of its user: where profile and application data lie
   */
  record Hello(int version, int pid, Map<String, String> profile) implements Message {
    /** Copies the map. */
    public Hello {
      profile = Map.copyOf(profile);
    }
  }

  /**
   * Makes the token that later commands get.
   *
   * @param number the question's number
   * @param roots SIDs of the writable roots
   * @param session the SID of the sandbox
   * @param everyone whether Everyone is among the restricting SIDs
   * @param logon whether the logon session stays among the token's groups
   * @param desktop whether it gets a desktop of its own
   */
  record Confine(
      int number,
      List<String> roots,
      String session,
      boolean everyone,
      boolean logon,
      boolean desktop)
      implements Question {
    /** Copies the list. */
    public Confine {
      roots = List.copyOf(roots);
    }
  }

  /**
   * Starts a command, suspended. The answer is its process.
   *
   * @param number the question's number
   * @param command what the command is called from here on
   * @param program the absolute path of the program
   * @param line the command line
   * @param environment the environment block
   * @param directory the working directory
   * @param handles standard streams that have been given to the runner's process; or, with a
   *     terminal, where it reads keys and where it writes
   * @param columns the terminal's width; 0 for none
   * @param rows its height
   * @param limits the job's limits
   */
  record Start(
      int number,
      int command,
      String program,
      String line,
      String environment,
      String directory,
      List<Long> handles,
      int columns,
      int rows,
      Limits limits)
      implements Question {
    /** Copies the list. */
    public Start {
      handles = List.copyOf(handles);
    }
  }

  /**
   * A job's limits; -1 for none.
   *
   * @param killOnClose whether processes end with the job
   * @param processes how many at a time
   * @param memory bytes of all
   * @param processCpuNanos processor time of each
   * @param userInterface {@code JOB_OBJECT_UILIMIT_*}
   */
  record Limits(
      boolean killOnClose, long processes, long memory, long processCpuNanos, int userInterface) {}

  /** What is done to a command. */
  enum Verb {
    /** It runs. */
    RESUME,
    /** All of its job ends. */
    TERMINATE,
    /** Whether something of its job is left; answered with 1 or 0. */
    LEFT,
    /** Its console closes. */
    CLOSE_CONSOLE,
    /** It is forgotten, its job with it. */
    RELEASE
  }

  /**
   * Does something to a command.
   *
   * @param number the question's number
   * @param command the command
   * @param verb what is done
   */
  record Act(int number, int command, Verb verb) implements Question {}

  /**
   * Changes the size of a command's console.
   *
   * @param number the question's number
   * @param command the command
   * @param columns its width
   * @param rows its height
   */
  record Resize(int number, int command, int columns, int rows) implements Question {}

  /**
   * Whether the runner's user can look at a file; answered with 1 or 0.
   *
   * @param number the question's number
   * @param path an absolute path
   */
  record IsFile(int number, String path) implements Question {}

  /**
   * Whether the runner's user reaches an address; answered with 0 or an error of sockets.
   *
   * @param number the question's number
   * @param tcp whether over TCP
   * @param address the address
   * @param port the port
   */
  record Reach(int number, boolean tcp, String address, int port) implements Question {}

  /**
   * Whether an echo request of the runner's user is answered; 1 or 0.
   *
   * @param number the question's number
   * @param address an address of version 4
   */
  record Ping(int number, String address) implements Question {}

  /**
   * An answer.
   *
   * @param number the question's number
   * @param value what the question says it is
   */
  record Answer(int number, long value) implements Message {}

  /**
   * A question that could not be answered.
   *
   * @param number the question's number
   * @param call the system call that failed; empty when none did
   * @param code its error
   * @param text a line for people
   */
  record Failure(int number, String call, int code, String text) implements Message {}

  /**
   * A command's first process has ended.
   *
   * @param command the command
   * @param exitCode its exit code
   */
  record Ended(int command, int exitCode) implements Message {}

  /**
   * What is asked of an elevated process.
   *
   * @param version the version that is spoken
   * @param verb {@code setup}, {@code repair} or {@code teardown}
   * @param client the client's id
   * @param home the directory of the user's installation
   * @param network whether the network is closed
   * @param rotate whether passwords are set anew
   * @param offlinePassword the password of the offline user; empty unless it is set up
   * @param onlinePassword the password of the online user
   * @param javaHome the JVM of the runner
   * @param libraries the runner's class path
   */
  record Task(
      int version,
      String verb,
      String client,
      String home,
      boolean network,
      boolean rotate,
      String offlinePassword,
      String onlinePassword,
      String javaHome,
      List<String> libraries)
      implements Message {
    /** Copies the list. */
    public Task {
      libraries = List.copyOf(libraries);
    }

    /** Without the passwords. */
    @Override
    public String toString() {
      return "Task[verb=" + verb + ", client=" + client + "]";
    }
  }

  /**
   * Something that an elevated process looked after.
   *
   * @param fine whether it is as it should be
   * @param text a line for people
   */
  record Found(boolean fine, String text) implements Message {}

  /**
   * The last that an elevated process says.
   *
   * @param failure why it could not go on; empty when it could
   */
  record Finished(String failure) implements Message {}
}
