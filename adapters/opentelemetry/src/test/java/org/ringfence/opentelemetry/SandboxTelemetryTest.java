package org.ringfence.opentelemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.Backends;
import org.ringfence.CommandNotFoundException;
import org.ringfence.Result;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxedProcess;
import org.ringfence.policy.json.Presets;

@EnabledOnOs(value = OS.LINUX, disabledReason = "the commands are for a POSIX shell")
@Timeout(300)
class SandboxTelemetryTest {
  private static final AttributeKey<String> OPERATION =
      AttributeKey.stringKey("ringfence.operation");

  @TempDir Path workspace;
  private final InMemorySpanExporter spans = InMemorySpanExporter.create();
  private final InMemoryMetricReader metrics = InMemoryMetricReader.create();
  private final OpenTelemetrySdk telemetry =
      OpenTelemetrySdk.builder()
          .setTracerProvider(
              SdkTracerProvider.builder()
                  .addSpanProcessor(SimpleSpanProcessor.create(spans))
                  .build())
          .setMeterProvider(SdkMeterProvider.builder().registerMetricReader(metrics).build())
          .build();
  private final SandboxTelemetry recorded = new SandboxTelemetry(telemetry);

  @AfterEach
  void close() {
    telemetry.close();
  }

  private Sandbox open(String backend) throws IOException {
    assumeTrue(Backends.load().byId(backend).probe().usable(), () -> backend + " cannot run here");
    return recorded
        .recording(
            Sandbox.opener(Presets.workspaceWrite())
                .workspace(workspace)
                .backend(backend)
                .completeDenials())
        .open();
  }

  private SpanData span() {
    assertThat(spans.getFinishedSpanItems()).hasSize(1);
    SpanData only = spans.getFinishedSpanItems().get(0);
    spans.reset();
    assertThat(only.getName()).isEqualTo("ringfence.command");
    return only;
  }

  private static String text(SpanData span, String name) {
    return span.getAttributes().get(AttributeKey.stringKey(name));
  }

  private MetricData metric(String name) {
    return metrics.collectAllMetrics().stream()
        .filter(each -> each.getName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void aRunIsASpanWithItsDenialsAndTheyAreCounted(String backend) throws Exception {
    // Not below /tmp, which bubblewrap hides.
    Path outside = Files.createTempDirectory(Path.of("/var/tmp"), "outside").resolve("file");
    try (Sandbox sandbox = open(backend)) {
      Result result =
          sandbox.command("/bin/sh", "-c", "echo out >\"$0\"; exit 3", outside.toString()).run();
      assertThat(result.exitCode()).isNotZero();
      assertThat(outside).doesNotExist();
      SpanData span = span();
      assertThat(text(span, "process.executable.name")).isEqualTo("sh");
      assertThat(text(span, "ringfence.ending")).isEqualTo("exited");
      assertThat(span.getAttributes().get(AttributeKey.longKey("process.exit.code")))
          .isEqualTo(result.exitCode());
      assertThat(span.getAttributes().get(AttributeKey.longKey("ringfence.denials")))
          .isEqualTo(result.denials().size())
          .isPositive();
      assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
      assertThat(span.getEvents())
          .extracting(each -> each.getAttributes().get(AttributeKey.stringKey("ringfence.target")))
          .contains(outside.toString());
      assertThat(span.getAttributes().toString()).doesNotContain("echo");
      long counted =
          metric("ringfence.denials").getLongSumData().getPoints().stream()
              .peek(point -> assertThat(point.getAttributes().get(OPERATION)).isNotEmpty())
              .mapToLong(point -> point.getValue())
              .sum();
      assertThat(counted).isEqualTo(result.denials().size());
      assertThat(metric("ringfence.command.duration").getHistogramData().getPoints())
          .singleElement()
          .satisfies(point -> assertThat(point.getCount()).isEqualTo(1))
          .satisfies(
              point -> assertThat(point.getSum()).isEqualTo(seconds(result.usage().wallTime())));
    }
    // The control: without a sandbox the file is written.
    Files.writeString(outside, "out");
    Files.deleteIfExists(outside);
    Files.delete(outside.getParent());
  }

  private static double seconds(Duration time) {
    return time.toNanos() / 1e9;
  }

  @Test
  void spansTellSuccessTimeAndFailureApartAndHaveTheirParent() throws Exception {
    try (Sandbox sandbox = open("landlock")) {
      Span parent = telemetry.getTracer("test").spanBuilder("parent").startSpan();
      try (Scope scope = parent.makeCurrent()) {
        sandbox.command("true").run();
      }
      SpanData success = span();
      assertThat(success.getParentSpanId()).isEqualTo(parent.getSpanContext().getSpanId());
      assertThat(success.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
      parent.end();
      spans.reset();

      sandbox.command("sleep", "1000").timeout(Duration.ofMillis(200)).run();
      SpanData late = span();
      assertThat(text(late, "ringfence.ending")).isEqualTo("timed_out");
      assertThat(late.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);

      assertThatThrownBy(() -> sandbox.command("no-such-program").run())
          .isInstanceOf(CommandNotFoundException.class);
      SpanData missing = span();
      assertThat(text(missing, "error.type")).isEqualTo(CommandNotFoundException.class.getName());
      assertThat(missing.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
      assertThat(metric("ringfence.command.duration").getHistogramData().getPoints()).hasSize(3);
    }
  }

  @Test
  void aStartedProcessHasASpanOnceItsSandboxIsClosed() throws Exception {
    Span parent = telemetry.getTracer("test").spanBuilder("parent").startSpan();
    try (Sandbox sandbox = open("landlock")) {
      SandboxedProcess process;
      try (Scope scope = parent.makeCurrent()) {
        process = sandbox.start(SandboxCommand.of("sh", "-c", "exit 4"));
      }
      assertThat(process.waitFor()).isEqualTo(4);
    }
    SpanData span = span();
    assertThat(span.getParentSpanId()).isEqualTo(parent.getSpanContext().getSpanId());
    assertThat(span.getAttributes().get(AttributeKey.longKey("process.exit.code"))).isEqualTo(4);
    assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
  }

  @Test
  void theExampleOfReadmeRuns() throws Exception {
    open("landlock").close();
    assertThat(OpenTelemetryReadme.run(workspace, telemetry).succeeded()).isTrue();
    assertThat(text(span(), "process.executable.name")).isEqualTo("git");
    String page = Files.readString(Path.of("README.md"));
    String source =
        Files.readString(
            Path.of("src/test/java/org/ringfence/opentelemetry/OpenTelemetryReadme.java"));
    String example = page.substring(page.indexOf("```java\n") + 8, page.indexOf("\n```\n"));
    assertThat(source.replaceAll("(?m)^    ", "")).contains(example);
  }
}
