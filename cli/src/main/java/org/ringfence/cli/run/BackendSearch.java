package org.ringfence.cli.run;

import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.ringfence.Backends;
import org.ringfence.SandboxException;
import org.ringfence.plan.Availability;
import org.ringfence.spi.SandboxBackend;

/**
 * Finds the backends of this machine on a thread of its own. That loads native code; the arguments
 * and the policy can be read meanwhile.
 */
public final class BackendSearch {
  private final FutureTask<Backends> task = new FutureTask<>(BackendSearch::backends);

  private BackendSearch() {}

  /** Begins; the thread does not keep this JVM from ending. */
  public static BackendSearch begin() {
    BackendSearch search = new BackendSearch();
    Thread thread = new Thread(search.task, "backend search");
    thread.setDaemon(true);
    thread.start();
    return search;
  }

  private static Backends backends() throws SandboxException {
    Backends backends = Backends.load();
    // The lightest backend that can run here is the likely choice.
    backends.all().stream().map(SandboxBackend::probe).filter(Availability::usable).findFirst();
    return backends;
  }

  /** Waits for the backends. */
  Backends result() throws IOException, InterruptedException {
    try {
      return task.get();
    } catch (ExecutionException e) {
      throw new SandboxException("backend: " + e.getCause().getMessage(), e);
    }
  }
}
