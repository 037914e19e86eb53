package org.ringfence.benchmarks;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.linux.plan.BubblewrapCompiler;
import org.ringfence.linux.plan.BubblewrapFeatures;
import org.ringfence.linux.plan.HostTree;
import org.ringfence.policy.Access;
import org.ringfence.policy.MissingPath;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.json.PolicyReader;

/**
 * Compares whole processes, in turns within one run: the command line against an empty JVM,
 * file-heavy work inside a sandbox against outside, and the leftovers of 20 000 launches.
 */
public final class WholeProcess {
  private static final int WARM = 5;
  private static final int FILES = 20_000;
  private static final int LAUNCHES = 50;
  private static final String CHANGE_MODES = "chmod -R u+rw p*";
  private static final String MAKE_FILES =
      "mkdir -p made && cd made && seq 20000 | xargs touch && cd .. && rm -r made";

  private WholeProcess() {}

  private interface Work {
    void run() throws Exception;
  }

  /**
   * Runs the measurements.
   *
   * @param args the launcher script, and optionally the number of launches of the soak
   * @throws Exception if anything fails
   */
  public static void main(String[] args) throws Exception {
    Path launcher = Path.of(args[0]).toAbsolutePath();
    int launches = args.length > 1 ? Integer.parseInt(args[1]) : 20_000;
    Path directory = Files.createTempDirectory("ringfence-benchmark-");
    try {
      commandLine(launcher, directory);
      fileWork(directory);
      bubblewrap(directory);
      rules(directory, "landlock", 10_000);
      rules(directory, "bubblewrap", 2_000);
      soak(directory, "landlock", launches);
      soak(directory, "bubblewrap", launches);
    } finally {
      try (Stream<Path> all = Files.walk(directory)) {
        for (Path path : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
  }

  private static void commandLine(Path launcher, Path directory) throws Exception {
    Files.writeString(
        directory.resolve("Empty.java"),
        "public class Empty { public static void main(String[] args) {} }");
    String bin = System.getProperty("java.home") + "/bin/";
    plain(directory, bin + "javac", "Empty.java");
    compare(
        "ringfence run -- true / empty JVM",
        40,
        () -> plain(directory, launcher.toString(), "run", "--", "true"),
        () -> plain(directory, bin + "java", "-cp", ".", "Empty"));
    compare(
        "ringfence --version / empty JVM",
        15,
        () -> plain(directory, launcher.toString(), "--version"),
        () -> plain(directory, bin + "java", "-cp", ".", "Empty"));
  }

  private static void fileWork(Path directory) throws Exception {
    Path repository = Files.createDirectory(directory.resolve("repository"));
    List<String> sources = new ArrayList<>();
    for (int i = 0; i < FILES; i++) {
      Path file = repository.resolve("p" + i % 400).resolve("C" + i + ".java");
      Files.createDirectories(file.getParent());
      Files.writeString(file, "class C" + i + " { int f(int x) { return x + " + i + "; } }\n");
      if (i < 400) {
        sources.add(file.toString());
      }
    }
    plain(repository, "git", "init", "-q");
    plain(repository, "git", "add", "-A");
    Path list = Files.write(directory.resolve("sources"), sources);
    String javac = System.getProperty("java.home") + "/bin/javac";
    SandboxPolicy policy =
        PolicyReader.parse("jvm", "{\"extends\": [\"workspace-write\", \"jvm\"]}");
    try (Sandbox sandbox = Sandbox.opener(policy).workspace(directory).backend("landlock").open()) {
      compare(
          "git status, 20000 files, sandboxed / plain",
          40,
          () -> sandboxed(sandbox, repository, "git", "status", "-s"),
          () -> plain(repository, "git", "status", "-s"));
      compare(
          "javac, 400 files, sandboxed / plain",
          12,
          () -> sandboxed(sandbox, directory, javac, "-d", "out", "@" + list),
          () -> plain(directory, javac, "-d", "out", "@" + list));
      compare(
          "chmod 20000 files (each call mediated), sandboxed / plain",
          3,
          () -> sandboxed(sandbox, repository, "sh", "-c", CHANGE_MODES),
          () -> plain(repository, "sh", "-c", CHANGE_MODES));
      compare(
          "making 20000 files (each name decided), sandboxed / plain",
          3,
          () -> sandboxed(sandbox, directory, "sh", "-c", MAKE_FILES),
          () -> plain(directory, "sh", "-c", MAKE_FILES));
      String[] reading = {"sh", "-c", "find . -name '*.java' -exec cat {} +"};
      try (Sandbox traced =
          Sandbox.opener(policy)
              .workspace(directory)
              .backend("landlock")
              .completeDenials()
              .open()) {
        compare(
            "reading 20000 files, traced / sandboxed",
            3,
            () -> sandboxed(traced, repository, reading),
            () -> sandboxed(sandbox, repository, reading));
      }
    }
  }

  /** Compares a launch through bubblewrap with a shell that passes the same options. */
  private static void bubblewrap(Path directory) throws Exception {
    SandboxPolicy policy = PolicyReader.presetOrFile("workspace-write");
    try (Sandbox sandbox =
        Sandbox.opener(policy).workspace(directory).backend("bubblewrap").open()) {
      List<String> words = new ArrayList<>(List.of("/usr/bin/bwrap"));
      words.addAll(
          BubblewrapCompiler.compile(
              sandbox.plan().policy(),
              path -> HostTree.Kind.DIRECTORY,
              BubblewrapFeatures.ASSUMED));
      words.addAll(List.of("--new-session", "--", "/bin/true"));
      Path script =
          Files.writeString(
              directory.resolve("bwrap.sh"),
              "i=0; while [ $i -lt "
                  + LAUNCHES
                  + " ]; do '"
                  + String.join("' '", words)
                  + "'; i=$((i+1)); done");
      compare(
          "50 launches by bubblewrap, Ringfence / a shell",
          15,
          () -> {
            for (int i = 0; i < LAUNCHES; i++) {
              sandboxed(sandbox, directory, "/bin/true");
            }
          },
          () -> plain(directory, "/bin/sh", script.toString()));
    }
  }

  /** Compares an opening with many rules, half of them about missing paths, with one without. */
  private static void rules(Path directory, String backend, int rules) throws Exception {
    SandboxPolicy plain = PolicyReader.presetOrFile("workspace-write");
    PolicyBuilder many = plain.toBuilder();
    Path files = Files.createDirectories(directory.resolve("rules"));
    for (int i = 0; i < rules; i++) {
      Path path = files.resolve("d" + i % 100).resolve("f" + i);
      if (i % 2 == 0) {
        Files.createDirectories(path.getParent());
        Files.writeString(path, "");
      }
      many.rule(path.toString(), Access.READ, MissingPath.SKIP);
    }
    SandboxPolicy policy = many.build();
    compare(
        "an opening with " + rules + " rules by " + backend + " / with none",
        15,
        () -> open(policy, directory, backend),
        () -> open(plain, directory, backend));
  }

  private static void open(SandboxPolicy policy, Path directory, String backend) throws Exception {
    Sandbox.opener(policy).workspace(directory).backend(backend).open().close();
  }

  private static void soak(Path directory, String backend, int launches) throws Exception {
    SandboxPolicy policy = PolicyReader.presetOrFile("workspace-write");
    try (Sandbox sandbox = Sandbox.opener(policy).workspace(directory).backend(backend).open()) {
      for (int i = 0; i < 500; i++) {
        sandboxed(sandbox, directory, "/bin/true");
      }
      String before = footprint();
      for (int i = 0; i < launches; i++) {
        sandboxed(sandbox, directory, "/bin/true");
      }
      System.out.printf(
          "before %d launches by %s: %s%nafter: %s%n", launches, backend, before, footprint());
    }
  }

  /** Does not collect garbage first: descriptors and threads must not wait for that. */
  private static String footprint() throws IOException {
    String resident = "";
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmRSS:")) {
        resident = line.replaceAll("\\s+", " ");
      }
    }
    try (Stream<Path> fds = Files.list(Path.of("/proc/self/fd"));
        Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
      return fds.count() + " descriptors, " + tasks.count() + " threads, " + resident;
    }
  }

  private static void plain(Path directory, String... command) throws Exception {
    finish(
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectOutput(Redirect.DISCARD)
            .redirectError(Redirect.DISCARD)
            .start());
  }

  private static void sandboxed(Sandbox sandbox, Path directory, String... command)
      throws Exception {
    finish(
        sandbox.start(
            SandboxCommand.of(command)
                .directory(directory)
                .redirectOutput(Redirect.DISCARD)
                .redirectError(Redirect.DISCARD)));
  }

  private static void finish(Process process) throws Exception {
    process.getOutputStream().close();
    if (process.waitFor() != 0) {
      throw new IllegalStateException("exit value " + process.exitValue());
    }
  }

  /** Runs both in turns, so that both meet the same machine, and compares the medians. */
  private static void compare(String what, int rounds, Work left, Work right) throws Exception {
    long[] lefts = new long[rounds];
    long[] rights = new long[rounds];
    for (int i = -WARM; i < rounds; i++) {
      long leftNanos = time(left);
      long rightNanos = time(right);
      if (i >= 0) {
        lefts[i] = leftNanos;
        rights[i] = rightNanos;
      }
    }
    Arrays.sort(lefts);
    Arrays.sort(rights);
    double leftMillis = lefts[rounds / 2] / 1e6;
    double rightMillis = rights[rounds / 2] / 1e6;
    System.out.printf(
        Locale.ROOT,
        "%-60s %.2f  (%.1f ms / %.1f ms)%n",
        what,
        leftMillis / rightMillis,
        leftMillis,
        rightMillis);
  }

  private static long time(Work work) throws Exception {
    long start = System.nanoTime();
    work.run();
    return System.nanoTime() - start;
  }
}
