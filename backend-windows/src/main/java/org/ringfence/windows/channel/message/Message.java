package org.ringfence.windows.channel.message;

import java.util.List;
import java.util.Map;
import org.ringfence.windows.mitigation.ProcessMitigation;
import org.ringfence.windows.plan.AccountToken;

/** A message of a channel. The sender numbers each question, and its answer has the same number. */
public sealed interface Message {
  /** The protocol's version; two processes with different versions do not communicate. */
  int VERSION = 4;

  /** A message that has an answer. */
  sealed interface Question extends Message {
    /**
     * Returns its number.
     *
     * @return a number that is unique among the questions of this channel
     */
    int number();
  }

  /**
   * The first message of a runner.
   *
   * @param version the version of its protocol
   * @param pid its process number
   * @param profile variables of its user: the locations of profile and application data
   */
  record Hello(int version, int pid, Map<String, String> profile) implements Message {
    /** Copies the map. */
    public Hello {
      profile = Map.copyOf(profile);
    }
  }

  /**
   * Makes the token of later commands.
   *
   * @param number the question's number
   * @param roots SIDs of the writable roots
   * @param session the SID of the sandbox
   * @param token the form of the token
   * @param everyone whether Everyone is among the restricting SIDs
   * @param logon whether the logon session stays among the token's groups
   * @param desktop whether it gets a separate desktop
   * @param mitigations the parts of Windows that commands are made without
   */
  record Confine(
      int number,
      List<String> roots,
      String session,
      AccountToken token,
      boolean everyone,
      boolean logon,
      boolean desktop,
      List<ProcessMitigation> mitigations)
      implements Question {
    /** Copies the lists. */
    public Confine {
      roots = List.copyOf(roots);
      mitigations = List.copyOf(mitigations);
    }
  }

  /**
   * Starts a suspended command. The answer is its process number.
   *
   * @param number the question's number
   * @param command the command's identifier in later messages
   * @param program the absolute path of the program
   * @param line the command line
   * @param environment the environment block
   * @param directory the working directory
   * @param handles standard streams, duplicated into the runner's process; or, with a terminal, the
   *     end for keys and the end for output
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
   * @param processes the most processes at a time
   * @param memory bytes of all processes
   * @param processCpuNanos processor time of each process
   * @param userInterface {@code JOB_OBJECT_UILIMIT_*}
   */
  record Limits(
      boolean killOnClose, long processes, long memory, long processCpuNanos, int userInterface) {}

  /** An operation on a command. */
  enum Verb {
    /** Resumes it. */
    RESUME,
    /** Ends all processes of its job. */
    TERMINATE,
    /** Asks whether processes of its job remain; the answer is 1 or 0. */
    LEFT,
    /** Asks for the processor time of its job; the answer is in nanoseconds. */
    CPU_NANOS,
    /** Asks for the most bytes that its job had committed; 0 where the system does not count. */
    PEAK_MEMORY,
    /** Closes its console. */
    CLOSE_CONSOLE,
    /** Forgets it and its job. */
    RELEASE
  }

  /**
   * Performs an operation on a command.
   *
   * @param number the question's number
   * @param command the command
   * @param verb the operation
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
   * Asks whether the runner's user can examine a file; the answer is 1 or 0.
   *
   * @param number the question's number
   * @param path an absolute path
   */
  record IsFile(int number, String path) implements Question {}

  /**
   * Asks whether the runner's user can look at a directory; the answer is 1 or 0.
   *
   * @param number the question's number
   * @param path an absolute path
   */
  record IsDirectory(int number, String path) implements Question {}

  /**
   * Asks whether the runner's user reaches an address; the answer is 0 or a socket error.
   *
   * @param number the question's number
   * @param tcp whether over TCP
   * @param address the address
   * @param port the port
   */
  record Reach(int number, boolean tcp, String address, int port) implements Question {}

  /**
   * Asks whether an echo request of the runner's user is answered; the answer is 1 or 0.
   *
   * @param number the question's number
   * @param address an address of version 4
   */
  record Ping(int number, String address) implements Question {}

  /**
   * An answer.
   *
   * @param number the question's number
   * @param value the value that the question defines
   */
  record Answer(int number, long value) implements Message {}

  /**
   * The failure of a question.
   *
   * @param number the question's number
   * @param call the system call that failed; empty when none did
   * @param code its error
   * @param text a line for people
   */
  record Failure(int number, String call, int code, String text) implements Message {}

  /**
   * Reports the end of a command's first process.
   *
   * @param command the command
   * @param exitCode its exit code
   */
  record Ended(int command, int exitCode) implements Message {}

  /**
   * The task of an elevated process.
   *
   * @param version the protocol's version
   * @param verb {@code setup}, {@code repair} or {@code teardown}
   * @param client the client's id
   * @param home the directory of the user's installation
   * @param network whether the network is closed
   * @param rotate whether passwords are set again
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

    /** Omits the passwords. */
    @Override
    public String toString() {
      return "Task[verb=" + verb + ", client=" + client + "]";
    }
  }

  /**
   * Reports one item that an elevated process handled.
   *
   * @param fine whether the item is in order
   * @param text a line for people
   */
  record Found(boolean fine, String text) implements Message {}

  /**
   * The last message of an elevated process.
   *
   * @param failure why it failed; empty on success
   */
  record Finished(String failure) implements Message {}
}
