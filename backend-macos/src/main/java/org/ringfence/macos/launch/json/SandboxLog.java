package org.ringfence.macos.launch.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads denials from {@code log stream --style ndjson}. */
public final class SandboxLog {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** {@code Sandbox: cat(4711) deny(1) file-read-data /private/etc/master.passwd}. */
  private static final Pattern DENIAL =
      Pattern.compile(
          "(?:\\d+ duplicate reports? for )?(?:Sandbox: )?(.+)\\((\\d+)\\) deny\\(\\d+\\) (\\S+)"
              + "(?: (.*))?");

  /**
   * A denial.
   *
   * @param program the program's name, as the kernel keeps it
   * @param pid the process
   * @param operation the operation, as profiles name it
   * @param target the path, address or name; empty when the log gives none
   */
  public record Denial(String program, long pid, String operation, String target) {}

  private SandboxLog() {}

  /**
   * Returns the predicate that selects the denials of one sandbox.
   *
   * @param tag the sandbox's tag
   * @return a predicate of log(1)
   */
  public static String predicate(String tag) {
    return "sender == \"Sandbox\" AND eventMessage CONTAINS \"" + tag + "\"";
  }

  /**
   * Reads a line.
   *
   * @param line a line of the log
   * @param tag the sandbox's tag
   * @return the denial; empty for any other line
   */
  public static Optional<Denial> read(String line, String tag) {
    if (!line.startsWith("{")) {
      // Its first line describes the filter.
      return Optional.empty();
    }
    try {
      JsonNode event = JSON.readTree(line);
      String message = event.path("eventMessage").asText();
      if (!message.contains(tag)) {
        return Optional.empty();
      }
      Matcher matcher = DENIAL.matcher(message.lines().findFirst().orElse(""));
      if (!matcher.matches()) {
        return Optional.empty();
      }
      String target = matcher.group(4) == null ? "" : matcher.group(4).replace(tag, "").strip();
      return Optional.of(
          new Denial(matcher.group(1), Long.parseLong(matcher.group(2)), matcher.group(3), target));
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }
}
