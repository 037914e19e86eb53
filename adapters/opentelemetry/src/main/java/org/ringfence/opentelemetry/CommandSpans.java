package org.ringfence.opentelemetry;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.ringfence.CommandEvent;
import org.ringfence.Ending;
import org.ringfence.event.Violation;

/** The spans of the running commands of one sandbox. Thread-safe. */
final class CommandSpans {
  static final AttributeKey<String> OPERATION = AttributeKey.stringKey("ringfence.operation");

  private static final int MOST_EVENTS = 32;

  // The first two and the fourth are those of OpenTelemetry's semantic conventions.
  private static final AttributeKey<String> PROGRAM =
      AttributeKey.stringKey("process.executable.name");
  private static final AttributeKey<Long> EXIT_CODE = AttributeKey.longKey("process.exit.code");
  private static final AttributeKey<String> ENDING = AttributeKey.stringKey("ringfence.ending");
  private static final AttributeKey<String> ERROR = AttributeKey.stringKey("error.type");
  private static final AttributeKey<Long> DENIALS = AttributeKey.longKey("ringfence.denials");
  private static final AttributeKey<String> TARGET = AttributeKey.stringKey("ringfence.target");
  private static final AttributeKey<String> RULE = AttributeKey.stringKey("ringfence.rule");

  /** The span of a command, when it began, in nanoseconds, and its denials until now. */
  private record Open(Span span, long begun, AtomicLong denials) {}

  private final Tracer tracer;
  private final DoubleHistogram durations;
  private final Map<Long, Open> open = new ConcurrentHashMap<>();

  CommandSpans(Tracer tracer, DoubleHistogram durations) {
    this.tracer = tracer;
    this.durations = durations;
  }

  void accept(CommandEvent event) {
    if (event instanceof CommandEvent.Begun begun) {
      Span span =
          tracer
              .spanBuilder("ringfence.command")
              .setAttribute(PROGRAM, program(begun.command().get(0)))
              .startSpan();
      open.put(begun.commandId(), new Open(span, System.nanoTime(), new AtomicLong()));
      return;
    }
    Open ended = open.remove(event.commandId());
    if (ended == null) {
      return;
    }
    ended.span().setAttribute(DENIALS, ended.denials().get());
    if (event instanceof CommandEvent.Ended end) {
      ended(ended.span(), end);
    } else if (event instanceof CommandEvent.NotStarted failed) {
      notStarted(ended, failed.cause().getClass().getName());
    }
    ended.span().end();
  }

  private void ended(Span span, CommandEvent.Ended end) {
    String ending = name(end.ending());
    span.setAttribute(EXIT_CODE, (long) end.exitCode());
    span.setAttribute(ENDING, ending);
    if (!end.ending().equals(new Ending.Exited(0))) {
      span.setStatus(StatusCode.ERROR);
    }
    durations.record(seconds(end.usage().wallTime()), Attributes.of(ENDING, ending));
  }

  private void notStarted(Open command, String error) {
    command.span().setAttribute(ERROR, error);
    command.span().setStatus(StatusCode.ERROR, "the command did not start");
    durations.record(
        seconds(Duration.ofNanos(System.nanoTime() - command.begun())),
        Attributes.of(ERROR, error));
  }

  /** Adds a denial to the span of its command. */
  void denied(Violation denied) {
    Open command = open.get(denied.command());
    if (command != null && command.denials().incrementAndGet() <= MOST_EVENTS) {
      command
          .span()
          .addEvent(
              "ringfence.denial",
              Attributes.of(
                  OPERATION, denied.operation(), TARGET, denied.target(), RULE, denied.rule()));
    }
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }

  private static String program(String path) {
    return path.substring(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  }

  private static String name(Ending ending) {
    if (ending instanceof Ending.LimitReached reached) {
      return switch (reached.limit()) {
        case OUTPUT -> "output_limit";
        case MEMORY -> "memory_limit";
        case CPU_TIME -> "cpu_time_limit";
        case FILE_SIZE -> "file_size_limit";
      };
    }
    if (ending instanceof Ending.TimedOut) {
      return "timed_out";
    }
    if (ending instanceof Ending.Signaled) {
      return "signaled";
    }
    return ending instanceof Ending.Cancelled ? "cancelled" : "exited";
  }
}
