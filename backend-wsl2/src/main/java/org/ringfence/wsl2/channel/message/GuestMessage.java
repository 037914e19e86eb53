package org.ringfence.wsl2.channel.message;

import java.util.List;
import java.util.Map;
import org.ringfence.event.DroppedEvents;
import org.ringfence.event.Violation;
import org.ringfence.plan.PlannedGuarantee;

/** A message between this side and the guest in a distribution. */
public sealed interface GuestMessage {
  /** The version of the messages; two sides with different versions do not talk. */
  int VERSION = 2;

  /** A message that has an answer. */
  sealed interface Question extends GuestMessage {
    /**
     * Returns its number.
     *
     * @return a number that no other question of this channel has
     */
    int number();
  }

  /**
   * The first message of a guest.
   *
   * @param version the version that it speaks
   */
  record Hello(int version) implements GuestMessage {}

  /**
   * Asks which guarantees the guest would enforce.
   *
   * @param number the question's number
   * @param policy the policy as JSON, with paths of the guest
   * @param workspace the workspace there
   */
  record Plan(int number, String policy, String workspace) implements Question {}

  /**
   * The guarantees that the guest would enforce.
   *
   * @param number the question's number
   * @param usable whether the guest's backend can run
   * @param reasons the reasons why it cannot
   * @param remedies the remedies
   * @param facts the facts found there
   * @param guarantees the guarantees
   */
  record Planned(
      int number,
      boolean usable,
      List<String> reasons,
      List<String> remedies,
      Map<String, String> facts,
      List<PlannedGuarantee> guarantees)
      implements GuestMessage {}

  /**
   * Opens a sandbox.
   *
   * @param number the question's number
   * @param sandbox its number from here on
   * @param policy the policy as JSON, with paths of the guest
   * @param workspace the workspace there
   * @param observes the events to report besides denials, in the words of {@link
   *     org.ringfence.spi.EventSink.Observation}
   * @param complete whether commands end when a record is lost
   * @param decisionMillis the time limit for a decision about a host
   */
  record Open(
      int number,
      int sandbox,
      String policy,
      String workspace,
      List<String> observes,
      boolean complete,
      long decisionMillis)
      implements Question {}

  /**
   * Ends the commands of a sandbox and releases its resources.
   *
   * @param number the question's number
   * @param sandbox the sandbox
   */
  record Close(int number, int sandbox) implements Question {}

  /**
   * Starts a command. The answer is its process there.
   *
   * @param number the question's number
   * @param sandbox the sandbox
   * @param command its number from here on
   * @param commandId the number that its events have
   * @param words the program and its arguments
   * @param directory the working directory there
   * @param variables variables beyond the guest's own
   * @param mergeError whether standard error goes to standard output
   * @param columns the terminal's width; 0 for none
   * @param rows its height
   * @param timeoutMillis its time limit; -1 for the policy's
   */
  record Start(
      int number,
      int sandbox,
      int command,
      long commandId,
      List<String> words,
      String directory,
      Map<String, String> variables,
      boolean mergeError,
      int columns,
      int rows,
      long timeoutMillis)
      implements Question {}

  /**
   * Ends a command.
   *
   * @param command the command
   * @param forcibly whether at once
   */
  record End(int command, boolean forcibly) implements GuestMessage {}

  /**
   * Changes a terminal's size.
   *
   * @param command the command
   * @param columns its width
   * @param rows its height
   */
  record Resize(int command, int columns, int rows) implements GuestMessage {}

  /**
   * Permits the other side to send more of a stream.
   *
   * @param command the command
   * @param stream 0, 1 or 2
   * @param bytes the number of further bytes
   */
  record Credit(int command, int stream, int bytes) implements GuestMessage {}

  /**
   * An answer.
   *
   * @param number the question's number
   * @param value the value that the question defines
   */
  record Answer(int number, long value) implements GuestMessage {}

  /** The reason why a question could not be answered. */
  enum Kind {
    /** There is no such program. */
    COMMAND_NOT_FOUND,
    /** Anything else. */
    OTHER
  }

  /**
   * A question that could not be answered.
   *
   * @param number the question's number
   * @param kind the reason
   * @param text a line for people
   */
  record Failure(int number, Kind kind, String text) implements GuestMessage {}

  /**
   * A command has ended.
   *
   * @param command the command
   * @param cause the cause of its end, in the words of {@link org.ringfence.Termination.Cause}
   * @param exitValue its exit value
   * @param signal the signal that ended it; 0 for none
   * @param cpuNanos the processor time that it used; -1 when unknown
   * @param peakBytes its peak memory; -1 when unknown
   */
  record Ended(int command, String cause, int exitValue, int signal, long cpuNanos, long peakBytes)
      implements GuestMessage {}

  /**
   * Asks this side about a host.
   *
   * @param number the question's number, of the guest's counting
   * @param sandbox the sandbox
   * @param host the host
   * @param port the port
   * @param pid the process that asks for it
   * @param executable its program
   * @param command the number of its command; 0 when unknown
   */
  record AskHost(
      int number, int sandbox, String host, int port, long pid, String executable, long command)
      implements GuestMessage {}

  /**
   * The decision of this side about a host.
   *
   * @param number the question's number
   * @param verdict the verdict, in the words of {@link org.ringfence.event.HostVerdict}
   */
  record HostAnswer(int number, String verdict) implements GuestMessage {}

  /**
   * A connection was decided on, and has ended. Unknown numbers are -1.
   *
   * @param sandbox the sandbox
   * @param time the time
   * @param host the host
   * @param address its address
   * @param port the port
   * @param pid the process
   * @param executable its program
   * @param rule the reason for the decision
   * @param allowed the decision
   * @param sent bytes that were sent
   * @param received bytes that were received
   * @param nanos its duration
   * @param command the number of its command; 0 when unknown
   */
  record Connected(
      int sandbox,
      String time,
      String host,
      String address,
      int port,
      long pid,
      String executable,
      String rule,
      boolean allowed,
      long sent,
      long received,
      long nanos,
      long command)
      implements GuestMessage {}

  /**
   * A program was executed.
   *
   * @param sandbox the sandbox
   * @param pid its process
   * @param parent that one's parent
   * @param path the program
   * @param arguments its arguments
   * @param directory its first working directory
   * @param start the time of its start
   * @param end the time of its end
   * @param exited whether its exit code is known
   * @param exit the exit code
   * @param command the number of its command; 0 when unknown
   */
  record Executed(
      int sandbox,
      long pid,
      long parent,
      String path,
      List<String> arguments,
      String directory,
      String start,
      String end,
      boolean exited,
      int exit,
      long command)
      implements GuestMessage {}

  /**
   * Something was denied.
   *
   * @param sandbox the sandbox
   * @param violation the violation
   */
  record Denied(int sandbox, Violation violation) implements GuestMessage {}

  /**
   * Events were dropped.
   *
   * @param sandbox the sandbox
   * @param dropped the dropped events
   */
  record Dropped(int sandbox, DroppedEvents dropped) implements GuestMessage {}

  /**
   * Waits until the guest has reported all events of a sandbox so far. The answer is 1 if it has.
   *
   * @param number the question's number
   * @param sandbox the sandbox
   * @param millis the maximum wait
   */
  record Flush(int number, int sandbox, long millis) implements Question {}
}
