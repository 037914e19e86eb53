package org.ringfence.conformance.probe;

import java.io.IOException;
import java.nio.channels.Selector;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.ringfence.conformance.probe.Probe.Operation;

/** Operations that a JVM and common libraries need to work. */
final class JvmOperations {
  private JvmOperations() {}

  static void addTo(Map<String, Operation> all) {
    all.put("selector", a -> selector());
    all.put("temp-file", a -> tempFile(a[0]));
    all.put("semaphore", a -> semaphore());
    all.put("start-process", a -> startProcess());
    all.put("threads", a -> threads());
  }

  private static long selector() throws IOException {
    try (Selector selector = Selector.open()) {
      selector.wakeup();
      return selector.select(1_000);
    }
  }

  private static long tempFile(String directory) throws IOException {
    Path file = Files.createTempFile(Path.of(System.getenv(directory)), "probe", ".tmp");
    Files.writeString(file, "x");
    Files.delete(file);
    return 0;
  }

  private static long semaphore() {
    String name = "/ringfence-" + ProcessHandle.current().pid();
    com.sun.jna.Pointer semaphore = NativeCalls.semaphore(name);
    if (semaphore == null) {
      return -com.sun.jna.Native.getLastError();
    }
    long waited = NativeCalls.call("sem_wait", semaphore);
    NativeCalls.call("sem_unlink", name);
    return waited;
  }

  private static long startProcess() throws IOException, InterruptedException {
    return new ProcessBuilder("/bin/sh", "-c", "exit 0").start().waitFor();
  }

  private static long threads() throws InterruptedException {
    Thread[] all = new Thread[16];
    for (int i = 0; i < all.length; i++) {
      all[i] = new Thread(Thread::yield);
      all[i].start();
    }
    for (Thread thread : all) {
      thread.join();
    }
    return 0;
  }
}
