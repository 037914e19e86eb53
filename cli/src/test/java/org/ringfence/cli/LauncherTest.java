package org.ringfence.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.cli.report.ExitCode;

/**
 * Tests the launcher script with a fake JVM that records its arguments, environment and open
 * descriptors.
 */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "Windows has a different launcher script")
class LauncherTest {
  private static final Path SCRIPT = Path.of("..", "ringfence").toAbsolutePath().normalize();
  private static final String FAKE_JAVA =
      """
      #!/bin/sh
      { echo "java $0"; for word; do echo "word $word"; done; } >%1$s/started
      /usr/bin/env >>%1$s/started
      for number in 0 1 2; do
        [ ! -e /dev/fd/$number ] || echo "open $number" >>%1$s/started
      done
      """;
  private static final String PLANTED =
      """
      #!/bin/sh
      echo "$0" >>%s/planted
      exit 1
      """;

  private static final Path SETPRIV = Path.of("/usr/bin/setpriv");
  private static final int ORDINARY = 64321;

  @TempDir private Path base;
  private Path workspace;
  private Path record;
  private final Map<String, String> environment = new TreeMap<>();

  private record Result(int exit, String output, List<String> started) {}

  @BeforeEach
  void createInstallation() throws IOException {
    base = base.toRealPath();
    workspace = Files.createDirectory(base.resolve("workspace"));
    record = Files.createDirectory(base.resolve("record"));
    Path dist = Files.createDirectories(base.resolve("installation/cli/target"));
    Files.createDirectory(dist.resolve("lib"));
    Files.copy(SCRIPT, base.resolve("installation/ringfence"));
    Files.createFile(dist.resolve("ringfence-cli-1.jar"));
    Files.createFile(dist.resolve("classes-17.0.1.jsa"));
    Files.createDirectory(dist.resolve("start"));
    createJdk(base.resolve("jdk"), "17.0.1");
    environment.put("PATH", "/usr/bin:/bin");
    environment.put("JAVA_HOME", base.resolve("jdk").toString());
  }

  private void createJdk(Path directory, String version) throws IOException {
    createScript(directory.resolve("bin/java"), FAKE_JAVA);
    Files.writeString(directory.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
  }

  private void createScript(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text.formatted(record));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /** Returns a prefix that starts the launcher as an ordinary user. Root could write every file. */
  private List<String> asOrdinaryUser() throws IOException {
    if (!System.getProperty("user.name").equals("root") || !Files.isExecutable(SETPRIV)) {
      return List.of();
    }
    try (Stream<Path> all = Files.walk(base)) {
      for (Path each : (Iterable<Path>) all::iterator) {
        Files.setAttribute(each, "unix:uid", ORDINARY, LinkOption.NOFOLLOW_LINKS);
      }
    }
    return List.of(
        SETPRIV.toString(), "--reuid=" + ORDINARY, "--regid=" + ORDINARY, "--clear-groups", "--");
  }

  private Result start(String... arguments) throws IOException, InterruptedException {
    return redirected("", arguments);
  }

  private Result redirected(String redirection, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(asOrdinaryUser());
    command.addAll(
        List.of(
            "/bin/sh",
            "-c",
            "exec /bin/sh \"$0\" \"$@\" " + redirection,
            base.resolve("installation/ringfence").toString()));
    command.addAll(List.of(arguments));
    Path output = record.resolve("said");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(workspace.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    Process process = builder.start();
    process.getOutputStream().close();
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    Path started = record.resolve("started");
    return new Result(
        process.exitValue(),
        Files.readString(output, StandardCharsets.UTF_8),
        Files.exists(started) ? Files.readAllLines(started) : List.of());
  }

  private void createBuild(String end) throws IOException {
    createScript(
        base.resolve("installation/mvnw"),
        "#!/bin/sh\necho \"$*\" >>%s/builds\n"
            + "/bin/mkdir -p "
            + base.resolve("installation/cli/target/lib")
            + "\n"
            + end
            + "\n");
  }

  /** An installation's start jar leaves out the same jars as that of a checkout. */
  @Test
  void installationHasTheSameJarsOutsideItsStart() throws Exception {
    Path image = SCRIPT.resolveSibling("distribution").resolve("image");
    assertThat(jarsOfOthers(image)).isNotEmpty().isEqualTo(jarsOfOthers(SCRIPT));
  }

  private static String jarsOfOthers(Path script) throws Exception {
    String text = Files.readString(script);
    int start = text.indexOf("jnr-*");
    return text.substring(start, text.indexOf(')', start)).replaceAll("\\s+", " ");
  }

  @Test
  void buildThatDidNotEndIsMadeAgainFromNothing() throws Exception {
    Path interrupted = base.resolve("installation/.ringfence-building");
    Files.delete(base.resolve("installation/cli/target/lib"));
    createBuild("kill -9 $$");
    Result first = start("run", "--", "true");
    assertThat(first.exit()).as(first.output()).isEqualTo(ExitCode.OWN_FAILURE);
    assertThat(first.started()).isEmpty();
    assertThat(interrupted).exists();

    createBuild("exit 0");
    Result second = start("run", "--", "true");
    assertThat(second.started()).as(second.output()).isNotEmpty();
    assertThat(second.output()).contains("did not end");
    assertThat(interrupted).doesNotExist();

    Result third = start("run", "--", "true");
    assertThat(third.started()).as(third.output()).isNotEmpty();
    assertThat(Files.readAllLines(record.resolve("builds")))
        .satisfiesExactly(
            one -> assertThat(one).endsWith(" -am package"),
            two -> assertThat(two).endsWith(" -am clean package"));
  }

  @Test
  void javaReceivesTheArgumentsUnchanged() throws Exception {
    Result result = start("run", "--", "echo", "a b", "", "*");

    assertThat(result.exit()).isZero();
    assertThat(result.started())
        .contains("java " + base.resolve("jdk/bin/java"))
        .containsSubsequence("word run", "word --", "word echo", "word a b", "word ", "word *");
  }

  /** The test's own class path names the artefact of the suite, so a new name turns this red. */
  @Test
  void onlyVerifyLoadsTheSuite() throws Exception {
    String suite = artefact(org.ringfence.conformance.ConformanceSuite.class) + "-1.jar";
    Files.createFile(base.resolve("installation/cli/target/lib").resolve(suite));

    assertThat(start("run", "--", "true").started()).noneMatch(word -> word.contains(suite));
    assertThat(start("verify").started()).anyMatch(word -> word.contains(suite));
  }

  /** Returns the artefact of a class of this build. */
  private static String artefact(Class<?> type) throws Exception {
    Path place = Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    Path pom = place.getParent().resolveSibling("pom.xml");
    String text = Files.readString(pom);
    String own = text.substring(text.indexOf("</parent>"));
    return own.substring(
        own.indexOf("<artifactId>") + "<artifactId>".length(), own.indexOf("</artifactId>"));
  }

  @Test
  void installationPathMayContainBlanksAndNonAsciiLetters() throws Exception {
    Path installation = base.resolve("installation");
    Path moved = Files.createDirectory(base.resolve("Mein B\u00fcro *")).resolve("installation");
    Files.move(installation, moved);
    Files.createSymbolicLink(installation, moved);

    Result result = start("run", "--", "true");

    assertThat(result.exit()).isZero();
    assertThat(result.started())
        .contains("word -XX:SharedArchiveFile=" + moved.resolve("cli/target/classes-17.0.1.jsa"))
        .contains(
            "word -Dringfence.installation="
                + moved.resolve("ringfence")
                + ":"
                + moved.resolve("cli/target"));
  }

  @Test
  void runLoadsTheJarThatWasMadeForTheStart() throws Exception {
    Path dist = base.resolve("installation/cli/target");

    assertThat(start("run", "--", "true").started())
        .anyMatch(word -> word.startsWith("word " + dist.resolve("start/ringfence.jar")));

    // Without the right to prepare the installation again, a start does without.
    Files.setLastModifiedTime(
        dist.resolve("ringfence-cli-1.jar"),
        FileTime.from(Instant.now().plus(Duration.ofMinutes(1))));
    Files.setPosixFilePermissions(dist, PosixFilePermissions.fromString("r-xr-xr-x"));
    try {
      assertThat(start("run", "--", "true").started())
          .anyMatch(word -> word.startsWith("word " + dist.resolve("ringfence-cli-1.jar")));
    } finally {
      Files.setPosixFilePermissions(dist, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
  }

  @Test
  void java25UsesItsLargerArchive() throws Exception {
    createJdk(base.resolve("jdk"), "25.0.1");
    Path archive =
        Files.createFile(base.resolve("installation/cli/target").resolve("classes-25.0.1.aot"));

    assertThat(start("run", "--", "true").started()).contains("word -XX:AOTCache=" + archive);
  }

  @Test
  void runtimeBesideTheLauncherIsUsedAndNoOther() throws Exception {
    Path image = base.resolve("image");
    createJdk(image.resolve("runtime"), "25.0.1");
    Files.createDirectories(image.resolve("app/start"));
    Path archive = Files.createFile(image.resolve("app/classes-25.0.1.aot"));
    Path script = base.resolve("installation/ringfence");
    Path moved = Files.createDirectory(image.resolve("bin")).resolve("ringfence");
    Files.move(script, moved);
    Files.createSymbolicLink(script, moved);
    environment.put("JAVA_HOME", base.resolve("none").toString());

    Result result = start("run", "--", "true");

    assertThat(result.exit()).as(result.output()).isZero();
    assertThat(result.started())
        .contains("word -XX:AOTCache=" + archive)
        .anyMatch(word -> word.startsWith("word " + image.resolve("app/start/ringfence.jar")));
    // A command may have changed a runtime that lies in its workspace.
    Result inside = start("run", "--workspace", image.toString(), "--", "true");
    assertThat(inside.exit()).isEqualTo(125);
    assertThat(inside.output()).contains("lies in the workspace");
  }

  @Test
  void colonInTheInstallationPathIsRejected() throws Exception {
    Path installation = base.resolve("installation");
    Path moved = Files.createDirectory(base.resolve("a:b")).resolve("installation");
    Files.move(installation, moved);
    Files.createSymbolicLink(installation, moved);

    Result result = start("run", "--", "true");

    assertThat(result.exit()).isEqualTo(125);
    assertThat(result.output()).contains("colon");
    assertThat(result.started()).isEmpty();
  }

  @Test
  void launcherRunsNoProgramFromPath() throws Exception {
    Path bin = workspace.resolve("bin");
    for (String name :
        List.of("readlink", "dirname", "basename", "mv", "rm", "sh", "java", "env", "cat", "ls")) {
      createScript(bin.resolve(name), PLANTED);
    }
    environment.put("PATH", bin + "::.:bin:" + base.resolve("jdk/bin"));
    environment.remove("JAVA_HOME");
    Files.createSymbolicLink(base.resolve("link"), base.resolve("installation/ringfence"));
    // Without its class archive, the launcher prepares the installation again.
    Files.delete(base.resolve("installation/cli/target/classes-17.0.1.jsa"));
    Files.delete(base.resolve("installation/cli/target/start"));

    assertThat(start("run", "--", "true").exit()).isZero();
    assertThat(record.resolve("planted")).doesNotExist();
    assertThat(record.resolve("started")).exists();
  }

  @Test
  void javaFromPathInsideTheWorkspaceIsRejected() throws Exception {
    createScript(workspace.resolve("bin/java"), PLANTED);
    Files.createSymbolicLink(base.resolve("outside"), workspace.resolve("bin"));
    Files.createSymbolicLink(workspace.resolve("inside"), base.resolve("jdk/bin"));
    environment.remove("JAVA_HOME");
    environment.put("PATH", base.resolve("outside") + ":" + workspace.resolve("inside"));

    Result result = start("run", "--", "true");

    assertThat(result.exit()).isEqualTo(125);
    assertThat(result.output()).contains("outside the workspace").contains("JAVA_HOME");
    assertThat(record.resolve("planted")).doesNotExist();
  }

  @Test
  void javaInsideANamedWorkspaceIsRejected() throws Exception {
    Path other = Files.createDirectory(base.resolve("other"));
    createJdk(other.resolve("jdk"), "17.0.1");
    environment.put("JAVA_HOME", other.resolve("jdk").toString());

    assertThat(start("run", "--", "true").exit()).isZero();
    assertThat(start("run", "--read", other.toString(), "-q", "true").exit()).isZero();
    assertThat(start("run", "--", "-C", other.toString()).exit()).isZero();
    for (String[] words :
        List.of(
            new String[] {"run", "-C", other.toString(), "--", "true"},
            new String[] {"run", "--workspace", "../other", "--", "true"},
            new String[] {"run", "--workspace=" + other, "--", "true"},
            new String[] {"run", "-C=" + other, "--", "true"},
            new String[] {"run", "-qC", other.toString(), "--", "true"},
            new String[] {"run", "-qC" + other, "--", "true"},
            new String[] {"run", "-vqC=" + other, "--", "true"},
            new String[] {"run", "-CC", "-C", other.toString(), "--", "true"},
            new String[] {"run", "--write", other.toString(), "--", "true"},
            new String[] {"run", "--write=" + other, "--", "true"},
            new String[] {"run", "--cwd", other.toString(), "--", "true"},
            new String[] {"plan", "-C" + other})) {
      Files.deleteIfExists(record.resolve("started"));
      Result result = start(words);
      assertThat(result.exit()).isEqualTo(125);
      assertThat(result.output()).contains("lies in the workspace");
      assertThat(result.started()).isEmpty();
    }
  }

  @Test
  void wrongJavaHomeIsReported() throws Exception {
    createJdk(base.resolve("old"), "11.0.2");
    for (String home : List.of("/nowhere", "jdk", base.resolve("old").toString())) {
      environment.put("JAVA_HOME", home);
      Result result = start("run", "--", "true");
      assertThat(result.exit()).isEqualTo(125);
      assertThat(result.output().lines())
          .hasSize(1)
          .first()
          .asString()
          .startsWith("ringfence: JAVA");
    }
  }

  @Test
  void variablesThatAlterTheJvmAreHiddenFromIt() throws Exception {
    for (String name :
        List.of("JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "LD_LIBRARY_PATH")) {
      environment.put(name, "-X $'`\"");
    }
    environment.put("OTHER", "kept");

    Result result = start("run", "--", "true");

    assertThat(result.exit()).isZero();
    assertThat(result.started())
        .noneMatch(line -> line.matches("(JDK_JAVA|JAVA_TOOL|_JAVA|LD_).*"))
        .contains("RINGFENCE_OUTER_JAVA_TOOL_OPTIONS=-X $'`\"", "OTHER=kept")
        .contains("word -XX:Flags=/dev/null", "word -XX:+DisableAttachMechanism");
  }

  @Test
  void jvmGetsUtf8LocaleAndTheCommandKeepsItsOwn() throws Exception {
    environment.put("LANG", "C");
    environment.remove("LC_ALL");
    assertThat(start("run", "--", "true").started())
        .contains("LC_ALL=C.UTF-8", "RINGFENCE_OUTER_UNSET=LC_ALL", "LANG=C");

    environment.put("LC_ALL", "POSIX");
    assertThat(start("run", "--", "true").started())
        .contains("LC_ALL=C.UTF-8", "RINGFENCE_OUTER_LC_ALL=POSIX");

    environment.put("LC_ALL", "de_DE.utf8");
    assertThat(start("run", "--", "true").started())
        .contains("LC_ALL=de_DE.utf8")
        .noneMatch(line -> line.startsWith("RINGFENCE_OUTER_"));
  }

  @Test
  void closedStreamsAreOpenedOnTheNullDevice() throws Exception {
    for (String redirection : List.of("<&-", "2>&-", "<&- >&- 2>&-")) {
      Files.deleteIfExists(record.resolve("started"));
      assertThat(redirected(redirection, "run", "--", "true").started())
          .as(redirection)
          .contains("open 0", "open 1", "open 2");
    }
  }

  @Test
  void launcherTellsTheJvmItsInstallation() throws Exception {
    assertThat(start("run", "--", "true").started())
        .contains(
            "word -Dringfence.installation="
                + base.resolve("installation/ringfence")
                + ":"
                + base.resolve("installation/cli/target"));
  }

  @Test
  void missingWorkingDirectoryIsReported() throws Exception {
    Path gone = Files.createDirectory(base.resolve("gone"));
    String script = base.resolve("installation/ringfence").toString();
    Path said = record.resolve("said");
    ProcessBuilder builder =
        new ProcessBuilder(
                "/bin/sh", "-c", "rmdir \"$PWD\"; exec /bin/sh \"$0\" run -- true", script)
            .directory(gone.toFile())
            .redirectErrorStream(true)
            .redirectOutput(said.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    assertThat(builder.start().waitFor()).isEqualTo(ExitCode.OWN_FAILURE);
    assertThat(Files.readString(said)).contains("ringfence: the current directory does not exist");
    assertThat(record.resolve("started")).doesNotExist();
  }

  @Test
  void tooLongWorkingDirectoryIsReported() throws Exception {
    environment.put("SCRIPT", base.resolve("installation/ringfence").toString());
    Path said = record.resolve("said");
    ProcessBuilder builder =
        new ProcessBuilder(
                "/bin/sh",
                "-c",
                """
                mkdir deep && cd deep && part=$(printf '%0200d' 0)
                for at in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21; do
                  mkdir "$part" && cd -P "$part" || exit 99
                done
                /bin/sh "$SCRIPT" run -- true
                code=$?
                cd "$0" && rm -rf deep
                exit $code
                """,
                workspace.toString())
            .directory(workspace.toFile())
            .redirectErrorStream(true)
            .redirectOutput(said.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    assertThat(builder.start().waitFor()).isEqualTo(ExitCode.OWN_FAILURE);
    assertThat(Files.readString(said))
        .isEqualTo(
            "ringfence: the path of the current directory is longer than 4095 bytes; change to"
                + " another one\n");
    assertThat(record.resolve("started")).doesNotExist();
  }

  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "env(1) of other systems cannot block signals")
  void onlyARunHasItsSignalsBlocked() throws Exception {
    assumeTrue(
        new ProcessBuilder("/usr/bin/env", "--block-signal=INT", "true").start().waitFor() == 0,
        "env(1) cannot block signals");
    long blocked = 0;
    // HUP, INT, QUIT, USR1, TERM, CONT, TSTP and WINCH; signal(7).
    for (int number : new int[] {1, 2, 3, 10, 15, 18, 20, 28}) {
      blocked |= 1L << number - 1;
    }

    assertThat(start("run", "--", "true").started())
        .contains("word -Xrs", "word -Dringfence.signals=blocked");
    assertThat(start("doctor").started())
        .doesNotContain("word -Xrs", "word -Dringfence.signals=blocked");
    // Some shells change their mask as they start, so a program stands in for the JVM here.
    createScript(
        base.resolve("jdk/bin/java"), "#!/usr/bin/env -S grep -s SigBlk /proc/self/status --\n");
    assertThat(blockedIn(start("run", "--", "true").output()) & blocked).isEqualTo(blocked);
    // HotSpot starts programs with QUIT blocked, as its own threads have it.
    assertThat(blockedIn(start("doctor").output()) & blocked & ~(1L << 3 - 1)).isZero();
  }

  private static long blockedIn(String status) {
    Matcher line = Pattern.compile("SigBlk:\\t([0-9a-f]{16})").matcher(status);
    assertThat(line.find()).as(status).isTrue();
    return Long.parseUnsignedLong(line.group(1), 16);
  }
}
