package org.ringfence.opentelemetry;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.trace.Tracer;
import org.ringfence.Sandbox;

/**
 * Spans and metrics of the commands of sandboxes. Names of programs are recorded, arguments,
 * variables and output are not: they may hold secrets. Thread-safe; one may serve many sandboxes.
 *
 * <table>
 * <caption>Spans and metrics</caption>
 * <tr><th>name</th><th>kind</th><th>unit</th><th>attributes</th></tr>
 * <tr><td>{@code ringfence.command}</td><td>span</td><td></td><td>{@code process.executable.name},
 * {@code process.exit.code}, {@code ringfence.ending}, {@code ringfence.denials}, {@code
 * error.type}; an event {@code ringfence.denial} for each of the first 32 denials</td></tr>
 * <tr><td>{@code ringfence.command.duration}</td><td>histogram</td><td>s</td><td>{@code
 * ringfence.ending}, {@code error.type}</td></tr>
 * <tr><td>{@code ringfence.denials}</td><td>counter</td><td>denials</td><td>{@code
 * ringfence.operation}</td></tr>
 * <tr><td>{@code ringfence.events.dropped}</td><td>counter</td><td>events</td><td></td></tr>
 * </table>
 */
public final class SandboxTelemetry {
  private static final String SCOPE = "org.ringfence";

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
            .histogramBuilder("ringfence.command.duration")
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
   * Records the commands of the sandbox that an opener opens, whichever way they start. A span is a
   * child of the span that is current where the command starts; its status is an error unless the
   * command exited with status 0. This alone observes nothing more than the sandbox itself decides;
   * with {@link Sandbox.Opener#completeDenials()}, all denials are counted.
   *
   * @param opener the opener, which this adds hooks to; for one sandbox, because the numbers of
   *     commands begin anew in each
   * @return the opener
   */
  public Sandbox.Opener recording(Sandbox.Opener opener) {
    CommandSpans spans = new CommandSpans(tracer, durations);
    return opener
        .onCommand(spans::accept)
        .onDecidedDenial(
            denied -> {
              denials.add(1, Attributes.of(CommandSpans.OPERATION, denied.operation()));
              spans.denied(denied);
            })
        .onDropped(lost -> dropped.add(lost.total()));
  }
}
