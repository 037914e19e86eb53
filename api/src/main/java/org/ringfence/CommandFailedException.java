package org.ringfence;

import java.util.List;
import org.ringfence.event.Violation;
import org.ringfence.text.Printable;

/** A command did not exit with status 0; see {@link Result#check()}. */
public class CommandFailedException extends SandboxException {
  private static final long serialVersionUID = 1L;
  private static final int LINES = 10;
  private static final int DENIALS = 5;

  private final transient Result result;

  /**
   * Creates the exception.
   *
   * @param result the result of the command
   */
  public CommandFailedException(Result result) {
    super(message(result));
    this.result = result;
  }

  private static String message(Result result) {
    StringBuilder text =
        new StringBuilder("command '" + result.command().get(0) + "' " + ending(result.ending()));
    List<String> lines = result.stderr().lastLines(LINES);
    if (!lines.isEmpty()) {
      text.append("; its last lines: ").append(String.join(" | ", lines));
    }
    long left = result.denialsLeftOut() + Math.max(0, result.denials().size() - DENIALS);
    String between = "; the sandbox denied: ";
    for (Violation denied :
        result.denials().subList(0, Math.min(DENIALS, result.denials().size()))) {
      text.append(between).append(denied.operation()).append(' ').append(denied.target());
      between = ", ";
    }
    if (left > 0) {
      text.append(" and ").append(left).append(" more");
    }
    return Printable.of(text.toString());
  }

  private static String ending(Ending ending) {
    if (ending instanceof Ending.Exited exited) {
      return "exited with status " + exited.status();
    }
    if (ending instanceof Ending.Signaled signaled) {
      return "was ended by signal " + signaled.signal();
    }
    if (ending instanceof Ending.LimitReached reached) {
      return switch (reached.limit()) {
        case OUTPUT -> "wrote more than limits.outputBytes allows";
        case MEMORY -> "took more memory than limits.memory allows";
        case CPU_TIME -> "used more processor time than limits.cpuTime allows";
        case FILE_SIZE -> "made a file larger than limits.fileSize allows";
      };
    }
    if (ending instanceof Ending.TimedOut timed) {
      return "was ended when its time was over (" + timed.after() + ")";
    }
    return "was cancelled";
  }

  /**
   * Returns the result.
   *
   * @return the result; null after deserialization
   */
  public Result result() {
    return result;
  }
}
