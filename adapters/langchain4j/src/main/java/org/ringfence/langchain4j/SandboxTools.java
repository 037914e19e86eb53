package org.ringfence.langchain4j;

import dev.langchain4j.agent.tool.P;
import dev.langchain4j.agent.tool.Tool;
import dev.langchain4j.exception.ToolExecutionException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.ringfence.CapturedOutput;
import org.ringfence.CommandRun;
import org.ringfence.Result;
import org.ringfence.Sandbox;
import org.ringfence.SandboxException;
import org.ringfence.event.Violation;

/**
 * Tools for a model: {@code run_command} runs a command in one sandbox, {@code read_denials} lists
 * what the sandbox has denied. No tool changes the policy.
 *
 * <p>A failed command is an answer to the model. A closed sandbox and an interrupt are exceptions.
 * Thread-safe; does not close its sandbox.
 */
public final class SandboxTools {
  /** The bytes of each output stream that an answer has unless the host changes it: 16 KiB. */
  public static final int USUAL_MAX_OUTPUT = 16 << 10;

  /** The longest time of a command unless the host changes it. */
  public static final Duration USUAL_MOST_TIME = Duration.ofMinutes(10);

  private static final Duration USUAL_TIME = Duration.ofMinutes(2);
  private static final int LAST_LINES = 20;
  private static final int MOST_LISTED = 50;

  private final Sandbox sandbox;
  private final Duration mostTime;
  private final int maxOutput;
  private final ToolDenials denials;

  /**
   * Creates the tools.
   *
   * @param sandbox runs the commands
   */
  public SandboxTools(Sandbox sandbox) {
    this(sandbox, USUAL_MOST_TIME, USUAL_MAX_OUTPUT, new ToolDenials());
  }

  private SandboxTools(Sandbox sandbox, Duration mostTime, int maxOutput, ToolDenials denials) {
    this.sandbox = Objects.requireNonNull(sandbox, "sandbox");
    this.mostTime = mostTime;
    this.maxOutput = maxOutput;
    this.denials = denials;
  }

  /**
   * Bounds the time of a command, whatever the model asks for. A command has two minutes, or this
   * if it is shorter, unless the model asks for another time.
   *
   * @param bound at least a second
   * @return tools with this bound and the same denials
   * @throws IllegalArgumentException if it is shorter than a second
   */
  public SandboxTools mostTime(Duration bound) {
    if (bound.toSeconds() < 1) {
      throw new IllegalArgumentException("mostTime: " + bound + " is not valid; use 1 s or more");
    }
    return new SandboxTools(sandbox, bound, maxOutput, denials);
  }

  /**
   * Bounds the bytes of standard output, and of standard error, in an answer. An answer has the
   * first bytes and, of longer output, the last lines.
   *
   * @param bytes the bound for each stream
   * @return tools with this bound and the same denials
   * @throws IllegalArgumentException if it is negative
   */
  public SandboxTools maxOutput(int bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException("maxOutput: " + bytes + " is not valid; use 0 or more");
    }
    return new SandboxTools(sandbox, mostTime, bytes, denials);
  }

  /**
   * Returns what the sandbox has denied to the commands of these tools, for the host.
   *
   * @return the latest 1000 denials, each once, in the order of their first time
   */
  public List<Violation> denials() {
    return denials.all();
  }

  /**
   * Runs a command in the sandbox.
   *
   * @param command the program and its arguments
   * @param directory where it starts, or null for the workspace
   * @param stdin its standard input, or null
   * @param timeoutSeconds its time, or null for the usual one
   * @return its ending, its output and the number of its denials; or why it did not start
   * @throws IllegalStateException if the sandbox is closed
   */
  @Tool(
      name = "run_command",
      value =
          "Runs a command in a sandbox, waits for its end, and returns its exit code and output."
              + " The sandbox denies what its policy does not allow; read_denials lists it.")
  public String runCommand(
      @P(
              name = "command",
              description =
                  "The program and its arguments. For a shell: [\"sh\", \"-c\", \"make && make"
                      + " test\"].")
          List<String> command,
      @P(
              name = "directory",
              description =
                  "Where it starts: absolute, or relative to the workspace. Default: the workspace.",
              required = false)
          String directory,
      @P(name = "stdin", description = "Its standard input. Default: empty.", required = false)
          String stdin,
      @P(
              name = "timeoutSeconds",
              description = "After this time it is ended with all that it started. Default: 120.",
              required = false)
          Integer timeoutSeconds) {
    try {
      CommandRun run = sandbox.command(command == null ? List.of() : command).maxOutput(maxOutput);
      run = run.timeout(time(timeoutSeconds));
      if (stdin != null) {
        run = run.stdin(stdin);
      }
      if (directory != null && !directory.isEmpty()) {
        run = run.directory(Path.of(directory));
      }
      return answer(run.run());
    } catch (InvalidPathException e) {
      return "The command did not start: directory: this is no path";
    } catch (IllegalArgumentException | SandboxException e) {
      return "The command did not start: " + e.getMessage();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ToolExecutionException("the thread was interrupted; the command was ended", e);
    }
  }

  private Duration time(Integer seconds) {
    if (seconds == null) {
      return USUAL_TIME.compareTo(mostTime) < 0 ? USUAL_TIME : mostTime;
    }
    if (seconds < 1 || seconds > mostTime.toSeconds()) {
      throw new IllegalArgumentException(
          "timeoutSeconds: " + seconds + " is not valid; use 1 to " + mostTime.toSeconds());
    }
    return Duration.ofSeconds(seconds);
  }

  private String answer(Result result) {
    denials.add(result.denials(), result.denialsLeftOut());
    StringBuilder text = new StringBuilder(result.ending().describe()).append('\n');
    append(text, "stdout", result.stdout());
    append(text, "stderr", result.stderr());
    long denied = result.denials().size() + result.denialsLeftOut();
    if (denied > 0) {
      text.append("The sandbox denied ").append(denied);
      text.append(denied == 1 ? " operation" : " operations").append("; read_denials has more.\n");
    }
    return text.toString();
  }

  private static void append(StringBuilder text, String name, CapturedOutput output) {
    if (output.cutOff()) {
      text.append("[").append(name);
      text.append(" was still open 2 s after the end, and may miss its last bytes]\n");
    }
    if (output.written() == 0) {
      return;
    }
    String kept = output.text();
    text.append(name).append(":\n").append(kept).append(kept.endsWith("\n") ? "" : "\n");
    if (output.written() > output.bytes().length) {
      text.append("[").append(name).append(" had ").append(output.written());
      text.append(" bytes: above are the first, below its last lines]\n");
      output.lastLines(LAST_LINES).forEach(line -> text.append(line).append('\n'));
    }
  }

  /**
   * Lists what the sandbox has denied.
   *
   * @return a line for each of the latest denials, with its rule
   */
  @Tool(
      name = "read_denials",
      value =
          "Lists the latest operations that the sandbox has denied to commands of run_command, each"
              + " with the rule. Only the user can change the policy.")
  public String readDenials() {
    List<Violation> all = denials.all();
    List<Violation> latest = all.subList(Math.max(0, all.size() - MOST_LISTED), all.size());
    StringBuilder text = new StringBuilder();
    // Targets are texts that a command chose: the line of a denial escapes them.
    latest.forEach(each -> text.append(each).append('\n'));
    long more = denials.leftOut() + all.size() - latest.size();
    if (more > 0) {
      text.append("and ").append(more).append(" more\n");
    }
    return text.isEmpty()
        ? "The sandbox denied nothing, or the system alone denied it."
        : text.toString();
  }
}
