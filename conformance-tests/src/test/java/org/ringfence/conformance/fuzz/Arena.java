package org.ringfence.conformance.fuzz;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxException;
import org.ringfence.SandboxedProcess;
import org.ringfence.conformance.fuzz.Box.Told;
import org.ringfence.conformance.fuzz.Terrain.Entry;
import org.ringfence.conformance.probe.NativeCalls;
import org.ringfence.policy.effective.EffectivePolicy;

/**
 * Two copies of a tree: one executor works in a sandbox on the first, another without a sandbox on
 * the second. Sequences run one after the other; each starts with restored trees.
 */
final class Arena implements AutoCloseable {
  private final Scenario scenario;
  private final boolean compares;
  private final Path base;
  private final Terrain inside;
  private final Terrain outside;
  private final Terrain insideHost;
  private final Terrain outsideHost;
  private Box confined;
  private Box free;
  private Object input;
  private EffectivePolicy policy;
  private int controls;

  /**
   * Makes them, but for the directory of the host, since this JVM's input is from there.
   *
   * @param compares whether results are compared with those outside
   */
  Arena(Scenario scenario, Path hostBase, boolean compares) throws Exception {
    this.scenario = scenario;
    this.compares = compares;
    this.base = Files.createTempDirectory(Path.of("/var/tmp"), "ringfence-fuzz-");
    this.inside = Terrain.root(base.resolve("in"));
    this.outside = Terrain.root(base.resolve("ou"));
    this.insideHost = Terrain.host(hostBase.resolve("in"));
    this.outsideHost = Terrain.host(hostBase.resolve("ou"));
    try {
      unpackJna();
      reset();
      free = startFree();
    } catch (Exception e) {
      close();
      throw e;
    }
  }

  private void unpackJna() throws IOException {
    String directory = NativeCalls.X86 ? "linux-x86-64" : "linux-aarch64";
    try (InputStream in =
        com.sun.jna.Native.class.getResourceAsStream(directory + "/libjnidispatch.so")) {
      Files.copy(in, base.resolve("libjnidispatch.so"));
    }
  }

  private void reset() throws IOException {
    for (Terrain one : List.of(inside, outside, insideHost, outsideHost)) {
      one.reset();
    }
  }

  private Path control() throws IOException {
    return Files.createDirectory(base.resolve("control" + controls++));
  }

  /** Identifies what the executor outside has, or would get, as its standard input. */
  private Object inputOutside() throws IOException {
    Path now = scenario.input(outsideHost.directory());
    return Files.readAttributes(now, BasicFileAttributes.class).fileKey();
  }

  /** Steps outside may move or remove what it has as its input; then another is started. */
  private Box startFree() throws Exception {
    input = inputOutside();
    Path control = control();
    List<String> command = new ArrayList<>();
    if (scenario.limited()) {
      command.addAll(List.of("/usr/bin/prlimit", "--fsize=" + Scenario.FILE_SIZE));
    }
    command.addAll(Box.command(base, control, outside.directory(), outsideHost.directory(), true));
    ProcessBuilder builder =
        new ProcessBuilder(Duel.withInput(scenario.input(outsideHost.directory()), command))
            // The executor gets its own output files: as root it could change any file behind its
            // descriptors.
            .redirectError(control.resolve("error").toFile())
            .redirectOutput(control.resolve("output").toFile());
    return new Box(builder.start(), control, () -> {});
  }

  /** Opens a sandbox and starts an executor in it. */
  private Box startConfined() throws Exception {
    Path control = control();
    Sandbox sandbox =
        Sandbox.opener(scenario.policy(inside.directory(), insideHost.directory(), control))
            .backend(scenario.backend())
            .workspace(inside.directory().resolve("ws"))
            .open();
    try {
      if (policy == null) {
        policy = sandbox.plan().policy();
      }
      SandboxCommand command =
          SandboxCommand.of(
                  Box.command(base, control, inside.directory(), insideHost.directory(), false))
              .directory(inside.directory().resolve("ws"))
              .redirectError(ProcessBuilder.Redirect.to(control.resolve("error").toFile()))
              .redirectOutput(ProcessBuilder.Redirect.to(control.resolve("output").toFile()));
      command = command.redirectInput(ProcessBuilder.Redirect.INHERIT);
      SandboxedProcess process = sandbox.start(command);
      return new Box(process, control, sandbox);
    } catch (Exception e) {
      sandbox.close();
      throw e;
    }
  }

  /**
   * Runs a sequence.
   *
   * @return the first fault, empty if there is none
   * @throws SandboxException if the scenario is refused here
   */
  Optional<String> fault(Sequence sequence) throws Exception {
    Optional<String> fault = Optional.empty();
    try {
      fault = runAndJudge(sequence);
      return fault;
    } finally {
      if (fault.isPresent()) {
        end();
      }
    }
  }

  private Optional<String> runAndJudge(Sequence sequence) throws Exception {
    reset();
    if (scenario.runs() > 1) {
      end();
      policy = null;
    }
    if (confined != null && confined.spent()) {
      end();
    }
    if (confined == null) {
      confined = startConfined();
    }
    Map<String, Entry> before = snapshots();
    int half = scenario.runs() > 1 ? sequence.steps().size() / 2 : sequence.steps().size();
    Sequence first = sequence.until(half);
    List<Told> told = confined.run(first, Set.of());
    Oracle oracle =
        new Oracle(
            policy,
            inside.directory(),
            outside.directory(),
            insideHost.directory(),
            outsideHost.directory());
    String fault = oracle.told(told, before);
    Map<String, Entry> after = inside.snapshot();
    if (fault.isEmpty()) {
      fault = oracle.changed(before, snapshots());
    }
    if (fault.isEmpty() && scenario.runs() > 1) {
      fault = runInSecondSandbox(sequence.from(half), before, oracle);
    }
    if (fault.isEmpty() && compares) {
      fault = compared(first, told, after, oracle);
    }
    return Optional.of(fault).filter(text -> !text.isEmpty());
  }

  /**
   * Runs a sequence in another sandbox of the same policy and judges it by the first sandbox's
   * effective policy.
   */
  private String runInSecondSandbox(Sequence sequence, Map<String, Entry> before, Oracle oracle)
      throws Exception {
    end();
    try {
      confined = startConfined();
    } catch (RuntimeException | SandboxException e) {
      return "";
    }
    List<Told> told = confined.run(sequence, Set.of());
    String fault = oracle.told(told, before);
    return fault.isEmpty() ? oracle.changed(before, snapshots()) : fault;
  }

  private Map<String, Entry> snapshots() throws IOException {
    Map<String, Entry> all = new TreeMap<>(inside.snapshot());
    all.putAll(insideHost.snapshot());
    return all;
  }

  /** Runs the same steps outside, without the denied ones, and compares the results. */
  private String compared(Sequence sequence, List<Told> told, Map<String, Entry> in, Oracle oracle)
      throws Exception {
    Set<Integer> skipped = new HashSet<>();
    while (true) {
      outside.reset();
      outsideHost.reset();
      if (free.spent() || !Objects.equals(input, inputOutside())) {
        free.close();
        free = startFree();
      }
      List<Told> expected = free.run(sequence, skipped);
      int at = 0;
      boolean again = false;
      for (; at < told.size() && !again; at++) {
        Told one = expected.get(at);
        if (skipped.contains(at) || one.result().equals(told.get(at).result())) {
          continue;
        }
        String inner = told.get(at).result();
        Step step = sequence.steps().get(at);
        boolean mounts =
            scenario.backend().equals("bubblewrap")
                && oracle.betweenMounts(step, one.ways(), inner);
        boolean nobodys = oracle.nobodys(step, one.result(), inner);
        boolean byPort =
            Oracle.failedToReach(sequence.until(at), told)
                    && Oracle.portless(step, one.result(), inner)
                || Oracle.unheld(sequence.until(at), step, one.result(), inner);
        if (!mounts && !nobodys && !byPort && !oracle.excuses(step, one.ways())) {
          return "step "
              + at
              + ": "
              + step
              + ": outside "
              + one.result()
              + ", inside "
              + inner
              + " "
              + one.ways();
        }
        again = inner.startsWith("E") && !one.result().startsWith("E");
        if (again) {
          skipped.add(at);
        }
      }
      if (!again) {
        return trees(in);
      }
    }
  }

  private String trees(Map<String, Entry> in) throws IOException {
    Map<String, Entry> out = outside.snapshot();
    int cut = inside.directory().toString().length();
    Map<String, String> left = new TreeMap<>();
    Map<String, String> right = new TreeMap<>();
    in.forEach((path, entry) -> left.put(path.substring(cut), entry.what()));
    out.forEach((path, entry) -> right.put(path.substring(cut), entry.what()));
    Set<String> all = new java.util.TreeSet<>(left.keySet());
    all.addAll(right.keySet());
    for (String path : all) {
      if (!String.valueOf(left.get(path)).equals(String.valueOf(right.get(path)))) {
        return "tree: " + path + " outside " + right.get(path) + ", inside " + left.get(path);
      }
    }
    return "";
  }

  private void end() throws Exception {
    if (confined != null) {
      Box ended = confined;
      confined = null;
      ended.close();
    }
  }

  @Override
  public void close() throws Exception {
    try {
      end();
      if (free != null) {
        free.close();
      }
    } finally {
      Terrain.remove(base);
    }
  }
}
