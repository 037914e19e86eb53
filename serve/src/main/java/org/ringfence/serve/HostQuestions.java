package org.ringfence.serve;

import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.ringfence.event.HostRequest;
import org.ringfence.event.HostVerdict;
import org.ringfence.serve.json.JsonLine;
import org.ringfence.text.line.Outbox;

/** The questions that the host has yet to answer: requests in the other direction. Thread-safe. */
final class HostQuestions {
  private final Outbox outbox;
  private final AtomicLong numbers = new AtomicLong();
  private final Map<Object, CompletableFuture<Object>> open = new ConcurrentHashMap<>();

  HostQuestions(Outbox outbox) {
    this.outbox = outbox;
  }

  /** Asks the host; no answer in time and anything but a known verdict deny. */
  HostVerdict ask(String sandbox, HostRequest request, Duration patience) {
    String id = "host-" + numbers.incrementAndGet();
    CompletableFuture<Object> answer = new CompletableFuture<>();
    open.put(id, answer);
    try {
      Map<String, Object> params = new LinkedHashMap<>();
      params.put("sandbox", sandbox);
      params.put("command", request.command());
      params.put("host", request.host());
      params.put("port", request.port());
      params.put("executable", request.executable());
      outbox.await(
          JsonLine.write(
              Messages.message(Map.of("id", id, "method", "host/decide", "params", params))));
      return verdict(answer.get(patience.toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return HostVerdict.DENY;
    } catch (IOException | ExecutionException | TimeoutException e) {
      return HostVerdict.DENY;
    } finally {
      open.remove(id);
    }
  }

  private static HostVerdict verdict(Object result) {
    Object word = result instanceof Map<?, ?> map ? map.get("verdict") : null;
    if ("allowOnce".equals(word)) {
      return HostVerdict.ALLOW_ONCE;
    }
    return "allowForSandbox".equals(word) ? HostVerdict.ALLOW_FOR_SANDBOX : HostVerdict.DENY;
  }

  /** Takes an answer; a late one and one to no question change nothing. */
  void answered(Object id, Object result) {
    CompletableFuture<Object> question = id == null ? null : open.get(id);
    if (question != null) {
      question.complete(result == null ? "" : result);
    }
  }

  /** Denies the open questions. */
  void close() {
    open.values().forEach(question -> question.complete(""));
  }
}
