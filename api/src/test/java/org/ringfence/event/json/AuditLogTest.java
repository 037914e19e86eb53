package org.ringfence.event.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ringfence.CommandEvent;
import org.ringfence.Ending;
import org.ringfence.SandboxException;
import org.ringfence.Usage;
import org.ringfence.event.AuditRecord;
import org.ringfence.event.DroppedEvents;
import org.ringfence.policy.value.InvalidPolicyException;

class AuditLogTest {
  private static final SecretMask USUAL = SecretMask.usualAnd(List.of());
  private static final String RUN = "\"run\":\"[0-9a-f-]{36}\",";

  @ParameterizedTest
  @CsvSource({
    "--password=abc,--password=***",
    "API_KEY=abc,API_KEY=***",
    "'Authorization: Bearer abc','Authorization: Bearer ***'",
    "https://me:abc@example.org/x,https://me:***@example.org/x",
    "ghp_abcdefghijkl,***",
    "--verbose,--verbose",
    "https://example.org/token,https://example.org/token"
  })
  void secretsAreMasked(String argument, String masked) {
    assertThat(USUAL.apply(List.of(argument))).containsExactly(masked);
  }

  @Test
  void argumentAfterSecretOptionIsMasked() {
    assertThat(USUAL.apply(List.of("curl", "--token", "abc", "x")))
        .containsExactly("curl", "--token", "***", "x");
  }

  @Test
  void additionalPatternsAreMasked() {
    SecretMask mask = SecretMask.usualAnd(List.of("user-(\\d+)"));
    assertThat(mask.apply(List.of("user-123 user-4"))).containsExactly("user-*** user-***");
    assertThatThrownBy(() -> SecretMask.usualAnd(List.of("(")))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining("regular expression");
  }

  @Test
  void executionRecordIsWrittenAsOneJsonLine() {
    StringWriter out = new StringWriter();
    new AuditLog(out, USUAL)
        .executed(
            new AuditRecord(
                7,
                6,
                "/bin/x",
                List.of("x", "--secret=y"),
                "/ws",
                Instant.EPOCH,
                Instant.EPOCH.plusMillis(5),
                OptionalInt.of(3),
                9));
    assertThat(out.toString().replaceAll(RUN, ""))
        .isEqualTo(
            "{\"event\":\"executed\",\"start\":\"1970-01-01T00:00:00Z\","
                + "\"end\":\"1970-01-01T00:00:00.005Z\",\"pid\":7,\"command\":9,\"parent\":6,"
                + "\"path\":\"/bin/x\",\"argv\":[\"x\",\"--secret=***\"],\"cwd\":\"/ws\","
                + "\"exit\":3}\n");
  }

  @Test
  @org.junit.jupiter.api.Timeout(60)
  void maskingHostileLongArgumentsEnds() {
    SecretMask mask = SecretMask.usualAnd(List.of());
    int length = 1 << 20;
    for (String part :
        List.of("a", "token", "pass ", "a://", "token: ", "sk-", "--", "a:", "a.+-", "bearer ")) {
      String argument = part.repeat(length / part.length());
      assertThat(mask.apply(List.of("program", argument))).hasSize(2);
    }
    assertThat(mask.apply(List.of("https://me:secret@host/", "token:          hidden")))
        .containsExactly("https://me:***@host/", "token:          ***");
  }

  @Test
  void droppedEventMarksTheLogIncomplete() {
    AuditLog log = new AuditLog(new StringWriter(), SecretMask.usualAnd(List.of()), true);
    assertThat(log.incomplete()).isFalse();
    log.dropped(new DroppedEvents(0, 1, 0));
    assertThat(log.incomplete()).isTrue();
  }

  private static AuditRecord record() {
    return new AuditRecord(
        7, 6, "/bin/x", List.of("x"), "/ws", Instant.EPOCH, Instant.EPOCH, OptionalInt.of(0), 9);
  }

  /** A writer that writes half of a text and fails, while it is broken. */
  private static final class Failing extends Writer {
    private final StringBuilder text = new StringBuilder();
    private boolean broken;
    private boolean full;

    @Override
    public void write(char[] chars, int offset, int length) throws IOException {
      if (full) {
        throw new OutOfMemoryError("fake");
      }
      text.append(chars, offset, broken ? length / 2 : length);
      if (broken) {
        throw new ClosedChannelException();
      }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  @Test
  void linesThatCouldNotBeWrittenAreCountedInTheNextLine() {
    Failing out = new Failing();
    AuditLog log = new AuditLog(out, USUAL);
    log.executed(record());
    out.broken = true;
    log.executed(record());
    log.executed(record());
    log.dropped(new DroppedEvents(4, 0, 1));
    out.broken = false;
    log.executed(record());
    log.executed(record());
    assertThat(log.incomplete()).isTrue();
    List<String> lines = out.text.toString().lines().filter(line -> line.endsWith("}")).toList();
    assertThat(lines).hasSize(4);
    assertThat(lines.get(1)).contains("\"denied\":4,\"executed\":2,\"connection\":1");
    assertThat(List.of(lines.get(0), lines.get(2), lines.get(3)))
        .allMatch(line -> line.startsWith("{\"event\":\"executed\""));
  }

  @Test
  void linesWithoutMemoryAreCountedAsOthersThatCouldNotBeWritten() {
    Failing out = new Failing();
    AuditLog log = new AuditLog(out, USUAL);
    out.full = true;
    log.executed(record());
    out.full = false;
    // The memory may lack before the line is written.
    log.command(
        new CommandEvent.NotStarted(
            1,
            new IllegalStateException() {
              @Override
              public String getMessage() {
                throw new OutOfMemoryError("fake");
              }
            }));
    log.executed(record());
    assertThat(log.incomplete()).isTrue();
    assertThat(out.text.toString().lines().filter(line -> line.endsWith("}")))
        .hasSize(2)
        .element(0, STRING)
        .contains("\"denied\":0,\"executed\":1,\"connection\":0,\"commands\":1");
    out.full = true;
    assertThatThrownBy(() -> new AuditLog(out, USUAL, true).executed(record()))
        .isInstanceOf(UncheckedIOException.class);
  }

  @Test
  void startsAndEndsThatCouldNotBeWrittenAreCountedApart() {
    Failing out = new Failing();
    AuditLog log = new AuditLog(out, USUAL);
    out.broken = true;
    log.command(new CommandEvent.Begun(1, List.of("x")));
    log.executed(record());
    out.broken = false;
    log.command(new CommandEvent.NotStarted(1, new IllegalStateException()));
    assertThat(log.incomplete()).isTrue();
    assertThat(out.text.toString().lines().filter(line -> line.endsWith("}")))
        .hasSize(2)
        .element(0, STRING)
        .contains("\"denied\":0,\"executed\":1,\"connection\":0,\"commands\":1");
  }

  @Test
  void startAndEndOfACommandAreLinesWithItsNumber() throws Exception {
    StringWriter out = new StringWriter();
    AuditLog log = new AuditLog(out, USUAL);
    log.command(new CommandEvent.Begun(9, List.of("curl", "--token", "abc")));
    log.command(new CommandEvent.NotStarted(9, new SandboxException("there is no curl")));
    log.command(
        new CommandEvent.Ended(
            10,
            137,
            new Ending.Signaled(9),
            new Usage(
                Optional.of(Duration.ofMillis(2)), OptionalLong.empty(), Duration.ofMillis(5))));
    String now = "\"time\":\"[0-9:.TZ-]+\",";
    assertThat(out.toString().lines().map(line -> line.replaceAll(RUN + now, "")))
        .containsExactly(
            "{\"event\":\"begun\",\"command\":9,\"argv\":[\"curl\",\"--token\",\"***\"]}",
            "{\"event\":\"notStarted\",\"command\":9,\"reason\":\"there is no curl\"}",
            "{\"event\":\"ended\",\"command\":10,\"exitCode\":137,"
                + "\"ending\":{\"kind\":\"signaled\",\"signal\":9},"
                + "\"usage\":{\"wallMillis\":5,\"cpuMillis\":2}}");
  }

  @Test
  void logThatHasToBeCompleteFailsForALineThatCannotBeWritten() {
    Failing out = new Failing();
    out.broken = true;
    AuditLog log = new AuditLog(out, USUAL, true);
    assertThatThrownBy(() -> log.executed(record())).isInstanceOf(UncheckedIOException.class);
    assertThat(log.incomplete()).isTrue();
  }

  @Test
  void linesOfOneLogHaveItsNameAndThoseOfAnotherDoNot() {
    StringWriter out = new StringWriter();
    for (int i = 0; i < 2; i++) {
      AuditLog log = new AuditLog(out, USUAL);
      log.command(new CommandEvent.Begun(1, List.of("x")));
      log.executed(record());
      log.dropped(new DroppedEvents(1, 0, 0));
    }
    assertThat(out.toString().lines().map(line -> line.replaceAll(".*(" + RUN + ").*", "$1")))
        .hasSize(6)
        .allMatch(run -> run.matches(RUN))
        .satisfies(
            runs -> {
              assertThat(new HashSet<>(runs.subList(0, 3))).hasSize(1);
              assertThat(new HashSet<>(runs.subList(3, 6))).hasSize(1);
              assertThat(runs.get(0)).isNotEqualTo(runs.get(5));
            });
  }
}
