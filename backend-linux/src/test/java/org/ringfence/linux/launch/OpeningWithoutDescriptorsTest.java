package org.ringfence.linux.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ringfence.Sandbox;
import org.ringfence.SandboxException;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.Strictness;

/**
 * Opens a sandbox in a JVM that has few descriptors free, one more each time, until it opens: each
 * failed opening closes what it has opened, and ends the threads that it has started.
 */
@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class OpeningWithoutDescriptorsTest {
  @TempDir private Path workspace;
  @TempDir private Path temporary;

  /** The program of that JVM. */
  static final class Host {
    private static final int LIMIT = 256;

    /** The descriptors that listing directories needs. */
    private static final int LOOK = 10;

    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);

    private Host() {}

    public static void main(String[] arguments) throws Exception {
      SandboxPolicy policy =
          SandboxPolicy.builder()
              .write(":workspace")
              .network(NetworkMode.ALLOWLIST)
              .allowHost("repo.test")
              .strictness(Strictness.Mode.BEST_EFFORT)
              .build();
      Sandbox.Opener opener =
          Sandbox.opener(policy)
              .workspace(Path.of(arguments[1]))
              .backend(arguments[0])
              .onDecidedDenial(denied -> {});
      // Loading a class and its messages needs descriptors.
      opener.open().close();
      FewDescriptorsTest.Host.loadClasses();
      Deque<FileInputStream> hoard = new ArrayDeque<>();
      fill(hoard);
      refusalOf(opener);
      int first = Integer.parseInt(arguments[2]);
      release(hoard, first);
      for (int free = first; free < LIMIT; free++) {
        String refusal = refusalOf(opener);
        if (refusal.isEmpty()) {
          System.out.println("opened");
          System.exit(0);
        }
        System.out.println("refused " + refusal);
        awaitThreads(free);
        int before = hoard.size();
        fill(hoard);
        int taken = hoard.size() - before;
        if (taken < free) {
          System.out.println("left with " + free + " free: " + (free - taken) + " descriptors");
          System.exit(1);
        }
        release(hoard, LOOK);
        List<String> directories = temporaryDirectories();
        if (!directories.isEmpty()) {
          System.out.println("left with " + free + " free: " + directories);
          System.exit(1);
        }
        fill(hoard);
        release(hoard, free + 1);
      }
      System.exit(1);
    }

    private static List<String> temporaryDirectories() throws IOException {
      try (Stream<Path> all = Files.walk(Path.of(System.getProperty("java.io.tmpdir")), 2)) {
        return all.filter(each -> each.getParent().getFileName().toString().startsWith("ringfence"))
            .map(Path::toString)
            .toList();
      }
    }

    private static void release(Deque<FileInputStream> hoard, int count) throws IOException {
      for (int i = 0; i < count; i++) {
        hoard.pop().close();
      }
    }

    private static void fill(Deque<FileInputStream> hoard) {
      try {
        while (true) {
          hoard.push(new FileInputStream("/dev/null"));
        }
      } catch (IOException full) {
        return;
      }
    }

    private static String refusalOf(Sandbox.Opener opener) {
      try {
        opener.open().close();
        return "";
      } catch (SandboxException e) {
        return e.getMessage().lines().findFirst().orElseThrow();
      }
    }

    private static void awaitThreads(int free) throws InterruptedException {
      long end = System.nanoTime() + PATIENCE_NANOS;
      while (true) {
        List<String> left =
            Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("ringfence-"))
                .toList();
        if (left.isEmpty()) {
          return;
        }
        if (System.nanoTime() - end > 0) {
          System.out.println("left with " + free + " free: " + left);
          System.exit(1);
        }
        Thread.sleep(20);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"landlock, 0", "bubblewrap, 0"})
  void failedOpeningLeavesNoDescriptorNoThreadAndNoDirectory(String backend, String first)
      throws Exception {
    Process host =
        new ProcessBuilder(
                "sh",
                "-c",
                "ulimit -n " + Host.LIMIT + " && exec \"$@\"",
                "sh",
                System.getProperty("java.home") + "/bin/java",
                "-Xmn256m",
                "-Djava.io.tmpdir=" + temporary,
                "-cp",
                System.getProperty("java.class.path"),
                Host.class.getName(),
                backend,
                workspace.toString(),
                first)
            .redirectErrorStream(true)
            .start();
    String said = new String(host.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(said.lines()).contains("opened").noneMatch(line -> line.startsWith("left"));
    assertThat(said.lines().filter(line -> line.startsWith("refused")))
        .as("steps of an opening that fail")
        .hasSizeGreaterThan(5);
    assertThat(host.waitFor()).isZero();
  }
}
