package org.ringfence.cli.run;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.ringfence.Ending;
import org.ringfence.Termination;
import org.ringfence.Usage;
import org.ringfence.cli.json.JsonText;
import org.ringfence.cli.policy.OutputFile;
import org.ringfence.cli.report.FileFailure;
import org.ringfence.event.Violation;
import org.ringfence.event.json.OutcomeJson;
import org.ringfence.policy.Limits;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.value.InvalidPolicyException;

/**
 * The result of {@code run}, as {@code --json} writes it.
 *
 * @param exitCode the exit code of {@code run}
 * @param ending how it ended
 * @param usage its resource usage, where the system reports it
 * @param denials the denials, each once
 */
public record RunResult(
    int exitCode, Ending ending, Optional<Usage> usage, List<Violation> denials) {
  private static final Pattern DESCRIPTOR = Pattern.compile("/(?:dev|proc/self)/fd/\\d+");
  // proc_pid_fdinfo(5): the flags in octal, of which O_ACCMODE are the last two bits.
  private static final Path FLAGS = Path.of("/proc/self/fdinfo");
  private static final Pattern MODE = Pattern.compile("flags:\\s+[0-7]*([0-7])");
  private static final int O_ACCMODE = 3;
  private static final String WRITABLE = "a descriptor that is open for writing: 3>result.json";
  private static final Pattern STREAM =
      Pattern.compile("/dev/std(?:in|out|err)|/(?:dev|proc/self)/fd/[012]");

  static RunResult of(
      Termination end, Limits limits, Optional<Usage> usage, List<Violation> denials) {
    Usage known = usage.orElse(new Usage(Optional.empty(), OptionalLong.empty(), Duration.ZERO));
    return new RunResult(end.exitValue(), Ending.of(end, limits, known), usage, denials);
  }

  /**
   * Checks, before a command starts, that its result can be written.
   *
   * @param file the file that {@code --json} names
   * @param policy the command's policy
   */
  public static void demandTarget(Path file, EffectivePolicy policy) throws IOException {
    String name = file.toString();
    if (STREAM.matcher(name).matches()) {
      throw new InvalidPolicyException(
          "--json",
          name,
          "a file or a descriptor of yours, /dev/fd/3: this stream is the command's");
    }
    if (DESCRIPTOR.matcher(name).matches()) {
      demandForWriting(name);
      try (FileOutputStream open = new FileOutputStream(name, true)) {
        open.flush();
      } catch (IOException e) {
        throw new InvalidPolicyException("--json", name, WRITABLE, e);
      }
      return;
    }
    if (Files.isDirectory(file)) {
      throw new InvalidPolicyException("--json", name, "a file, not a directory");
    }
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new InvalidPolicyException(
          "--json", name, "a regular file, or a descriptor of yours, /dev/fd/3");
    }
    try (OutputFile.Replacement possible = new OutputFile(file, policy).replacing()) {
      possible.writer().flush();
    } catch (FileSystemException e) {
      throw FileFailure.of("cannot write the result", name, e);
    }
  }

  /**
   * Refuses a descriptor that is open for reading alone. Linux would open its file again, for
   * writing; and a number that the caller left out may be that of one of this JVM's own files.
   */
  private static void demandForWriting(String name) throws IOException {
    String number = name.substring(name.lastIndexOf('/') + 1);
    Path info = FLAGS.resolve(number);
    if (!Files.exists(info)) {
      // Elsewhere opening such a name copies the descriptor, with its mode.
      return;
    }
    for (String line : Files.readAllLines(info)) {
      Matcher flags = MODE.matcher(line);
      if (flags.matches() && (flags.group(1).charAt(0) - '0' & O_ACCMODE) == 0) {
        throw new InvalidPolicyException("--json", name, WRITABLE);
      }
    }
  }

  /** Writes the result to a file, replaced as a whole, or to a descriptor of the caller. */
  void write(Path file, EffectivePolicy policy) throws IOException {
    String text = JsonText.of(tree());
    if (DESCRIPTOR.matcher(file.toString()).matches()) {
      try (Writer out =
          new OutputStreamWriter(
              new FileOutputStream(file.toString(), true), StandardCharsets.UTF_8)) {
        out.write(text);
      }
      return;
    }
    try (OutputFile.Replacement replaced = new OutputFile(file, policy).replacing()) {
      replaced.writer().write(text);
      replaced.commit();
    } catch (FileSystemException e) {
      throw FileFailure.of("cannot write the result", file.toString(), e);
    }
  }

  private Map<String, Object> tree() {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("exitCode", exitCode);
    tree.put("ending", OutcomeJson.of(ending));
    tree.put("usage", usage.map(OutcomeJson::of).orElse(Map.of()));
    tree.put("denials", OutcomeJson.of(denials));
    return tree;
  }
}
