package org.ringfence.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.ringfence.Backends;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.PathContext;
import org.ringfence.spi.SandboxBackend;

/** Files that Ringfence reads, writes or runs in a workspace where commands ran before. */
class OwnFilesTest {
  private static final Path LAUNCHER = Path.of("..", "ringfence").toAbsolutePath().normalize();

  @TempDir private Path base;
  private Path workspace;
  private Path victim;

  private record Result(int exit, String output) {}

  static Stream<String> backends() throws Exception {
    Path here = Path.of("").toAbsolutePath();
    return Backends.load().all().stream()
        .map(backend -> plan(backend, here))
        .filter(SandboxPlan::acceptable)
        .map(SandboxPlan::backend);
  }

  private static SandboxPlan plan(SandboxBackend backend, Path workspace) {
    return backend.plan(
        EffectivePolicy.of(Presets.load("workspace-write"), PathContext.current(workspace)));
  }

  @BeforeEach
  void createWorkspace() throws IOException {
    assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "the test needs POSIX links and FIFOs");
    base = base.toRealPath();
    workspace = Files.createDirectory(base.resolve("workspace"));
    victim = Files.writeString(base.resolve("victim"), "as it was\n");
  }

  private Result ringfence(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    if (Runtime.version().feature() >= 22) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of(arguments));
    return result(command);
  }

  private Result result(List<String> command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command).directory(workspace.toFile()).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), output);
  }

  @ParameterizedTest
  @MethodSource("backends")
  void outputFileBehindPlantedLinkIsRejected(String backend) throws Exception {
    ringfence("run", "--backend", backend, "--", "ln", "-s", "../victim", "planted");
    ringfence("run", "--backend", backend, "--", "ln", "-s", "..", "way");
    for (String name : List.of("planted", "way/victim")) {
      List<Result> all =
          List.of(
              ringfence("run", "--backend", backend, "--audit", name, "--", "true"),
              ringfence("learn", "--backend", backend, "-o", name, "--", "true"),
              ringfence("verify", "--backend", backend, "-o", name, "FW-INSIDE-FIFO"));
      assertThat(all).allMatch(result -> result.output().contains("is a symbolic link"));
      assertThat(all).allMatch(result -> result.exit() == 125);
    }
    assertThat(victim).hasContent("as it was\n");
    assertThat(workspace.resolve("planted")).isSymbolicLink();
    assertThat(ringfence("run", "--backend", backend, "--audit", "plain", "--", "true", "a").exit())
        .isZero();
    assertThat(workspace.resolve("plain")).content().contains("true");
  }

  @ParameterizedTest
  @MethodSource("backends")
  void fifoAsAuditLogOrPolicyIsRejected(String backend) throws Exception {
    ringfence("run", "--backend", backend, "--", "mkfifo", "audit.jsonl", "p.json");
    assertThat(ringfence("run", "--backend", backend, "--audit", "audit.jsonl", "--", "true"))
        .matches(result -> result.exit() == 125 && result.output().contains("regular file"));
    assertThat(ringfence("run", "--backend", backend, "-p", "p.json", "--", "true"))
        .matches(result -> result.exit() == 125 && result.output().contains("regular file"));
  }

  @ParameterizedTest
  @MethodSource("backends")
  void policyBehindLinkThatCommandsCanChangeIsRejected(String backend) throws Exception {
    Path real = Files.createDirectory(workspace.resolve("real"));
    Files.writeString(real.resolve("p.json"), "{\"extends\":[\"workspace-write\"]}");
    Files.createSymbolicLink(workspace.resolve("link.json"), Path.of("real/p.json"));
    Files.createSymbolicLink(workspace.resolve("way"), Path.of("real"));
    Files.createSymbolicLink(base.resolve("mine.json"), Path.of("workspace/real/p.json"));
    for (String name : List.of("link.json", "way/p.json")) {
      Result result = ringfence("run", "--backend", backend, "-p", name, "--", "touch", "ran");
      assertThat(result.exit()).isEqualTo(125);
      assertThat(result.output()).contains("is a symbolic link where a command may put one");
    }
    assertThat(workspace.resolve("ran")).doesNotExist();
    for (String name : List.of("real/p.json", "../mine.json")) {
      String script = "touch ran; ! mv real gone && ! rm real/p.json && ! echo >>real/p.json";
      Result result = ringfence("run", "--backend", backend, "-p", name, "--", "sh", "-c", script);
      assertThat(result.exit()).as(result.output()).isZero();
    }
    assertThat(workspace.resolve("ran")).exists();
  }

  /** Creates an installation inside the workspace, like the checkout that an agent works in. */
  private Path install() throws IOException, InterruptedException {
    Path dist = Files.createDirectories(workspace.resolve("checkout/cli/target/lib")).getParent();
    Files.copy(LAUNCHER, workspace.resolve("checkout/ringfence"));
    Files.createFile(dist.resolve("ringfence-cli-0.jar"));
    copyClasses(
        Stream.of(System.getProperty("java.class.path").split(":")).map(Path::of).toList(),
        dist.resolve("lib"));
    return workspace.resolve("checkout/ringfence");
  }

  /** Copies entries of a class path, directories of classes as archives. */
  private void copyClasses(List<Path> entries, Path lib) throws IOException, InterruptedException {
    int number = 0;
    for (Path from : entries) {
      if (Files.isRegularFile(from)) {
        Files.copy(from, lib.resolve(from.getFileName()));
      } else if (Files.isDirectory(from)) {
        Path to = lib.resolve("ringfence-" + number++ + ".jar");
        List<String> jar =
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "jar").toString(),
                "--create",
                "--file=" + to,
                "-C",
                from.toString(),
                ".");
        assumeTrue(new java.io.File(jar.get(0)).canExecute(), "this JDK has no jar");
        result(jar);
      }
    }
  }

  /** Makes an archive whose manifest names those of a directory, as a build's application has. */
  private Path jarThatNames(Path lib) throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, Main.class.getName());
    try (Stream<Path> jars = Files.list(lib)) {
      manifest
          .getMainAttributes()
          .put(
              Attributes.Name.CLASS_PATH,
              jars.map(jar -> "lib/" + jar.getFileName()).collect(Collectors.joining(" ")));
    }
    Path jar = lib.resolveSibling("app.jar");
    new JarOutputStream(Files.newOutputStream(jar), manifest).close();
    return jar;
  }

  /** Returns the home of this JVM and the homes of the JVMs beside it. */
  static Stream<Path> javas() throws IOException {
    Path own = Path.of(System.getProperty("java.home")).toRealPath();
    try (Stream<Path> beside = Files.list(own.getParent())) {
      return beside
          .filter(path -> path.equals(own) || !Files.isSymbolicLink(path))
          .filter(path -> Files.isExecutable(path.resolve("bin/java")))
          .filter(path -> Files.isReadable(path.resolve("release")))
          .toList()
          .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("javas")
  void jvmIgnoresOptionFilesAndOptionVariables(Path java) throws Exception {
    Path script = install();
    Files.writeString(workspace.resolve(".hotspotrc"), "-XX:+PrintFlagsFinal\n");
    Files.writeString(workspace.resolve(".hotspot_compiler"), "quiet\nnonsense\n");
    Result result =
        result(
            List.of(
                "/usr/bin/env",
                "JAVA_HOME=" + java,
                "JAVA_TOOL_OPTIONS=-Xnonsense",
                "JDK_JAVA_OPTIONS=-Xnonsense",
                "_JAVA_OPTIONS=-Xnonsense",
                "/bin/sh",
                script.toString(),
                "run",
                "--env",
                "JAVA_TOOL_OPTIONS",
                "--",
                "/bin/sh",
                "-c",
                "echo \"[$JAVA_TOOL_OPTIONS]\""));
    assertThat(result).isEqualTo(new Result(0, "[-Xnonsense]\n"));
  }

  @ParameterizedTest
  @MethodSource("backends")
  void commandCannotChangeTheInstallation(String backend) throws Exception {
    Path script = install();
    String attack =
        "cd checkout; : >other && ! echo >>ringfence && ! rm ringfence && ! touch cli/target/lib/z.jar"
            + " && ! touch cli/target/native/x && ! mv cli cli2 && ! mv ../checkout ../x"
            + " && for jar in cli/target/lib/*.jar; do ! echo >>$jar || exit 1; done";
    Result result =
        result(
            List.of(
                "/usr/bin/env",
                "JAVA_HOME=" + System.getProperty("java.home"),
                "/bin/sh",
                script.toString(),
                "run",
                "--backend",
                backend,
                "--",
                "/bin/sh",
                "-c",
                attack));
    assertThat(result.exit()).as(result.output()).isZero();
    assertThat(workspace.resolve("checkout/other")).exists();
  }

  @ParameterizedTest
  @CsvSource({"landlock,loader", "landlock,layer", "bubblewrap,jar"})
  void commandCannotChangeCodeThatIsNotOnTheClassPath(String backend, String way) throws Exception {
    assumeTrue(backends().toList().contains(backend), () -> backend + " cannot run here");
    Path lib = Files.createDirectories(workspace.resolve("app/lib"));
    copyClasses(ModularApplication.modulesOfThisTest(), lib);
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    if (Runtime.version().feature() >= 22) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    if (way.equals("jar")) {
      command.addAll(List.of("-jar", jarThatNames(lib).toString()));
    } else {
      Path classes = Path.of(OwnFilesTest.class.getResource("/").toURI());
      command.addAll(
          List.of("-cp", classes.toString(), LoadedCommandLine.class.getName(), way, "" + lib));
    }
    // A layer takes some of the archives alone; a command may change the others.
    String attack =
        "cd app; : >other && : >lib/new.jar"
            + " && for jar in lib/jna-5*.jar lib/jackson-databind-*.jar lib/picocli-*.jar; do"
            + " [ -f $jar ] && ! echo >>$jar && ! rm $jar || exit 1; done && ! mv lib gone";
    command.addAll(List.of("run", "--backend", backend, "--", "/bin/sh", "-c", attack));
    Result result = result(command);
    assertThat(result.exit()).as(result.output()).isZero();
    assertThat(workspace.resolve("app/other")).exists();
  }

  @ParameterizedTest
  @MethodSource("backends")
  void commandCannotChangeTheWayToCodeOrMakeCodeThatIsMissing(String backend) throws Exception {
    Path store = Files.createDirectories(workspace.resolve("store/lib"));
    copyClasses(
        Stream.of(System.getProperty("java.class.path").split(":")).map(Path::of).toList(), store);
    Path main = jarThatNames(store);
    Files.createSymbolicLink(workspace.resolve("current"), Path.of("store"));
    // What a variable or a file of arguments adds is nowhere in the command's own words.
    Path options =
        Files.writeString(
            base.resolve("options"),
            "-Xbootclasspath/a:boot.jar --patch-module=java.sql=patch --upgrade-module-path=newer"
                + " \"-XX:OnOutOfMemoryError=/bin/sh dump.sh %p\" -XX:OnError=./report");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("@" + options);
    if (Runtime.version().feature() >= 22) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    String attack =
        "ln -s store free && rm free && : >other && ! rm current && ! mv current gone"
            + " && ! ln -sfn /tmp current && ! mv store gone"
            + " && for jar in store/lib/jna-5*.jar; do ! echo >>$jar || exit 1; done"
            + " && for file in later.jar boot.jar patch newer dump.sh report; do"
            + " ! touch $file && ! mkdir $file && ! ln -s other $file && ! mv other $file || exit 1;"
            + " done";
    command.addAll(
        List.of("-cp", "current/" + main.getFileName() + ":later.jar", Main.class.getName()));
    command.addAll(List.of("run", "--backend", backend, "--", "/bin/sh", "-c", attack));
    Result result = result(command);
    assertThat(result.exit()).as(result.output()).isZero();
    assertThat(workspace.resolve("other")).exists();
    assertThat(workspace.resolve("current")).isSymbolicLink();
  }
}
