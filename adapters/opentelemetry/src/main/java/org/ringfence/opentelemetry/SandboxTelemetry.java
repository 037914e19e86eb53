package org.ringfence.opentelemetry;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Scope;
import java.time.Duration;
import java.util.List;
import org.ringfence.CommandRun;
import org.ringfence.Ending;
import org.ringfence.Result;
import org.ringfence.Sandbox;
import org.ringfence.SandboxException;
import org.ringfence.event.Violation;

/**
 * Spans and metrics of the commands of sandboxes. Names of programs are recorded, arguments,
 * variables and output are not: they may hold secrets. Thread-safe; one may serve many sandboxes.
 *
 * <table>
 * <caption>Spans and metrics</caption>
 * <tr><th>name</th><th>kind</th><th>unit</th><th>attributes</th></tr>
 * <tr><td>{@code ringfence.run}</td><td>span</td><td></td><td>{@code process.executable.name},
 * {@code process.exit.code}, {@code ringfence.ending}, {@code ringfence.denials}, {@code
 * error.type}; an event {@code ringfence.denial} for each of the first 32 denials</td></tr>
 * <tr><td>{@code ringfence.run.duration}</td><td>histogram</td><td>s</td><td>{@code
 * ringfence.ending}, {@code error.type}</td></tr>
 * <tr><td>{@code ringfence.denials}</td><td>counter</td><td>denials</td><td>{@code
 * ringfence.operation}</td></tr>
 * <tr><td>{@code ringfence.events.dropped}</td><td>counter</td><td>events</td><td></td></tr>
 * </table>
 */
public final class SandboxTelemetry {
  private static final String SCOPE = "org.ringfence";
  private static final int MOST_EVENTS = 32;

  // The first two and the fourth are those of OpenTelemetry's semantic conventions.
  private static final AttributeKey<String> PROGRAM =
      AttributeKey.stringKey("process.executable.name");
  private static final AttributeKey<Long> EXIT_CODE = AttributeKey.longKey("process.exit.code");
  private static final AttributeKey<String> ENDING = AttributeKey.stringKey("ringfence.ending");
  private static final AttributeKey<String> ERROR = AttributeKey.stringKey("error.type");
  private static final AttributeKey<Long> DENIALS = AttributeKey.longKey("ringfence.denials");
  private static final AttributeKey<String> OPERATION =
      AttributeKey.stringKey("ringfence.operation");
  private static final AttributeKey<String> TARGET = AttributeKey.stringKey("ringfence.target");
  private static final AttributeKey<String> RULE = AttributeKey.stringKey("ringfence.rule");

  private final Tracer tracer;
  private final DoubleHistogram durations;
  private final LongCounter denials;
  private final LongCounter dropped;

  /**
   * Creates the instruments.
   *
   * @param telemetry takes the spans and metrics
   */
  public SandboxTelemetry(OpenTelemetry telemetry) {
    tracer = telemetry.getTracer(SCOPE);
    Meter meter = telemetry.getMeter(SCOPE);
    durations =
        meter
            .histogramBuilder("ringfence.run.duration")
            .setUnit("s")
            .setDescription("Time from the start of a command to its reported end.")
            .build();
    denials =
        meter
            .counterBuilder("ringfence.denials")
            .setUnit("{denial}")
            .setDescription("Operations that a sandbox has denied.")
            .build();
    dropped =
        meter
            .counterBuilder("ringfence.events.dropped")
            .setUnit("{event}")
            .setDescription("Events that the queue of a sandbox had no room for.")
            .build();
  }

  /**
   * Counts the denials of the sandbox that an opener opens, whichever way its commands start. This
   * alone observes nothing more than the sandbox itself decides; with {@link
   * Sandbox.Opener#onDenied}, all denials are counted.
   *
   * @param opener the opener, which this adds hooks to
   * @return the opener
   */
  public Sandbox.Opener counting(Sandbox.Opener opener) {
    return opener
        .onDecidedDenial(denied -> denials.add(1, Attributes.of(OPERATION, denied.operation())))
        .onDropped(lost -> dropped.add(lost.total()));
  }

  /**
   * Runs a command as {@link CommandRun#run()} does, in a span that is a child of the current one.
   * The span's status is an error unless the command exited with status 0.
   *
   * @param run the command
   * @return the result
   * @throws SandboxException if it cannot be started
   * @throws InterruptedException if this thread is interrupted
   */
  public Result run(CommandRun run) throws SandboxException, InterruptedException {
    String program = program(run.command().command().get(0));
    Span span = tracer.spanBuilder("ringfence.run").setAttribute(PROGRAM, program).startSpan();
    long start = System.nanoTime();
    try (Scope scope = span.makeCurrent()) {
      Result result = run.run();
      record(span, result);
      return result;
    } catch (SandboxException | InterruptedException | RuntimeException e) {
      span.setAttribute(ERROR, e.getClass().getName());
      span.setStatus(StatusCode.ERROR, "the command was not run to its end");
      durations.record(
          seconds(Duration.ofNanos(System.nanoTime() - start)),
          Attributes.of(ERROR, e.getClass().getName()));
      throw e;
    } finally {
      span.end();
    }
  }

  private void record(Span span, Result result) {
    String ending = name(result.ending());
    span.setAttribute(EXIT_CODE, (long) result.exitCode());
    span.setAttribute(ENDING, ending);
    span.setAttribute(DENIALS, result.denials().size() + result.denialsLeftOut());
    List<Violation> first =
        result.denials().subList(0, Math.min(MOST_EVENTS, result.denials().size()));
    for (Violation denied : first) {
      span.addEvent(
          "ringfence.denial",
          Attributes.of(
              OPERATION, denied.operation(), TARGET, denied.target(), RULE, denied.rule()));
    }
    if (!result.succeeded()) {
      span.setStatus(StatusCode.ERROR);
    }
    durations.record(seconds(result.usage().wallTime()), Attributes.of(ENDING, ending));
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
