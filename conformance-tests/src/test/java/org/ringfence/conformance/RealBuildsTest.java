package org.ringfence.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.conformance.stage.OutsideWorld;
import org.ringfence.conformance.stage.PosixFixture;
import org.ringfence.linux.LandlockBackend;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.PolicyReader;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.PathContext;
import org.ringfence.spi.SandboxBackend;

/**
 * Runs real tools under workspace-write without a network. Each tool must succeed. Right after it,
 * the same shell must fail to write outside and to connect to a server of the host.
 */
class RealBuildsTest {
  private static final Path MAVEN =
      Path.of(System.getProperty("ringfence.test.maven.home", "/usr/share/maven"), "bin", "mvn");
  // Surefire passes on the properties of Maven itself.
  private static final String REPOSITORY =
      System.getProperty("maven.repo.local", System.getProperty("ringfence.test.maven.repository"));
  private static final String ESCAPE =
      """

      set +e
      (echo x > "$OUTSIDE/written") 2>/dev/null && exit 90
      bash -c 'exec 3<>/dev/tcp/127.0.0.1/$PORT' 2>/dev/null && exit 91
      exit 0
      """;

  /** Returns the backend that confines the builds. */
  SandboxBackend backend() {
    return new LandlockBackend();
  }

  private Path base;
  private Path workspace;
  private Path outside;
  private ServerSocket server;

  @BeforeEach
  void prepareDirectories() throws IOException {
    var plan =
        backend().plan(EffectivePolicy.of(Presets.load("workspace-write"), PathContext.current()));
    assumeTrue(
        plan.acceptable(), () -> "refused here: " + plan.availability().reasons() + plan.unmet());
    base = Files.createTempDirectory(Path.of("/var/tmp"), "ringfence-builds-").toRealPath();
    workspace = Files.createDirectory(base.resolve("workspace"));
    outside = Files.createDirectory(base.resolve("outside"));
    server = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
  }

  @AfterEach
  void deleteDirectories() throws IOException {
    if (base != null) {
      server.close();
      PosixFixture.deleteTree(base);
    }
  }

  private static void assumeInstalled(String program) {
    boolean found =
        Stream.of(System.getenv("PATH").split(":"))
            .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
    assumeTrue(found, program + " is not installed");
  }

  private void write(String name, String text) {
    try {
      Path file = workspace.resolve(name);
      Files.createDirectories(file.getParent());
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The test's additions to its presets, as JSON. */
  private String more = "";

  private String run(String presets, String script) throws Exception {
    return run(presets, Map.of(), script);
  }

  private String run(String presets, Map<String, String> variables, String script)
      throws Exception {
    Map<String, String> all = new TreeMap<>(variables);
    all.put("OUTSIDE", outside.toString());
    all.put("PORT", Integer.toString(server.getLocalPort()));
    String whole = "set -e\n" + script + ESCAPE;

    // The control: without a sandbox the same attempts succeed.
    ProcessBuilder control = new ProcessBuilder("/bin/sh", "-c", ESCAPE);
    control.environment().putAll(all);
    assertThat(control.start().waitFor()).isEqualTo(90);
    Files.delete(outside.resolve("written"));
    ProcessBuilder connecting =
        new ProcessBuilder("bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/" + server.getLocalPort());
    assertThat(connecting.start().waitFor()).isZero();

    SandboxPolicy policy =
        PolicyReader.parse(
            "test", "{\"extends\": [\"workspace-write\"" + presets + "]" + more + "}");
    SandboxCommand command =
        SandboxCommand.of("/bin/sh", "-c", whole)
            .redirectErrorStream(true)
            .timeout(Duration.ofMinutes(5));
    for (Map.Entry<String, String> variable : all.entrySet()) {
      command = command.environment(variable.getKey(), variable.getValue());
    }
    try (Sandbox sandbox =
        Sandbox.opener(policy).workspace(workspace).backend(backend().info().id()).open()) {
      Process process = sandbox.start(command);
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes());
      assertThat(process.waitFor()).as(output).isZero();
      assertThat(outside).isEmptyDirectory();
      return output;
    }
  }

  private void writeProject() {
    write(
        "pom.xml",
        """
        <project xmlns="http://maven.apache.org/POM/4.0.0">
          <modelVersion>4.0.0</modelVersion>
          <groupId>sample</groupId><artifactId>sample</artifactId><version>1</version>
          <properties>
            <maven.compiler.release>17</maven.compiler.release>
            <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
          </properties>
          <dependencies>
            <dependency><groupId>org.junit.jupiter</groupId><artifactId>junit-jupiter</artifactId>
              <version>%s</version><scope>test</scope></dependency>
          </dependencies>
          <build><plugins>
            <plugin><artifactId>maven-resources-plugin</artifactId><version>3.5.0</version></plugin>
            <plugin><artifactId>maven-compiler-plugin</artifactId><version>3.16.0</version></plugin>
            <plugin><artifactId>maven-surefire-plugin</artifactId><version>3.6.1</version></plugin>
            <plugin><artifactId>maven-jar-plugin</artifactId><version>3.5.1</version></plugin>
          </plugins></build>
        </project>
        """
            .formatted(org.junit.jupiter.api.Test.class.getPackage().getImplementationVersion()));
    write(
        "src/main/java/sample/Sum.java",
        "package sample; public record Sum(int a, int b) { public int of() { return a + b; } }");
    write(
        "src/test/java/sample/SumTest.java",
        """
        package sample;
        import static org.junit.jupiter.api.Assertions.*;
        class SumTest {
          @org.junit.jupiter.api.Test void adds() throws Exception {
            assertEquals(3, new Sum(1, 2).of());
            java.nio.file.Files.delete(java.nio.file.Files.createTempFile("sum", null));
          }
          @org.junit.jupiter.api.Test void isFencedIn() {
            assertThrows(java.io.IOException.class, () -> java.nio.file.Files.writeString(
                java.nio.file.Path.of(System.getenv("OUTSIDE"), "written"), "x"));
            assertThrows(java.io.IOException.class, () -> new java.net.Socket(
                "127.0.0.1", Integer.parseInt(System.getenv("PORT"))));
          }
        }
        """);
  }

  /** Maven has no proxy settings: it resolves the name and connects, like any other program. */
  @Test
  void mavenDownloadsOnlyFromAnAllowedRepository() throws Exception {
    assumeTrue(Files.isExecutable(MAVEN), "Maven is not at " + MAVEN);
    assumeTrue(
        Boolean.getBoolean("ringfence.test.full"),
        "npm installs through the same proxy; Maven's downloads take long: only with .ci/full");
    writeProject();
    try (OutsideWorld world = OutsideWorld.start(Path.of(REPOSITORY))) {
      more =
          ", \"network\": {\"mode\": \"allowlist\", \"allow\": [\"repo.test:"
              + world.port()
              + "\"], \"privateRanges\": [\"127.0.0.0/8\"], \"dnsServers\": [\"127.0.0.1:"
              + world.dnsPort()
              + "\"]}";
      Map<String, String> java = Map.of("JAVA_HOME", System.getProperty("java.home"));
      String build = MAVEN + " -B -q -s settings.xml -Dmaven.repo.local=$PWD/repository package";
      writeSettings("http://repo.test:" + world.port() + "/");
      run(", \"maven\"", java, build);
      assertThat(workspace.resolve("target/sample-1.jar")).exists();
      assertThat(world.visits(OutsideWorld.ALLOWED)).isPositive();
      world.forget();
      for (String host : List.of("forbidden.test", OutsideWorld.FORBIDDEN)) {
        writeSettings("http://" + host + ":" + world.port() + "/");
        run(", \"maven\"", java, "rm -rf repository; ! " + build);
      }
      assertThat(world.visits(OutsideWorld.FORBIDDEN)).isZero();
      assertThat(world.asked()).isEmpty();
    }
  }

  private void writeSettings(String url) {
    write(
        "settings.xml",
        "<settings><mirrors><mirror><id>test</id><mirrorOf>*</mirrorOf><url>"
            + url
            + "</url></mirror></mirrors></settings>");
  }

  @Test
  void mavenBuildsAProjectOffline() throws Exception {
    assumeTrue(Files.isExecutable(MAVEN), "Maven is not at " + MAVEN);
    writeProject();
    String output =
        run(
            ", \"maven\"",
            Map.of("JAVA_HOME", System.getProperty("java.home")),
            MAVEN + " -o -B -Dmaven.repo.local=" + REPOSITORY + " package");
    assertThat(output).contains("BUILD SUCCESS").contains("Tests run: 2, Failures: 0");
    assertThat(workspace.resolve("target/sample-1.jar")).exists();
  }

  @Test
  void gitCommitsBranchesAndLinksWorktrees() throws Exception {
    assumeInstalled("git");
    // The script creates a repository, which protected names would prevent.
    more = ", \"protectedNames\": \"off\"";
    String output =
        run(
            "",
            Map.of("GIT_CONFIG_NOSYSTEM", "1"),
            """
            export HOME="$TMPDIR"
            git config --global user.name Fence
            git config --global user.email fence@example.org
            git init -q -b main project
            cd project
            echo one > file
            git add file
            git commit -q -m first
            git checkout -q -b side
            echo two >> file
            git commit -q -a -m second
            git checkout -q main
            git merge -q side
            git worktree add -q ../linked -b other
            cd ../linked
            echo three >> file
            git commit -q -a -m third
            git -C ../project stash list
            git rebase -q main
            git log --oneline | wc -l
            git fsck
            """);
    assertThat(output).contains("3");
    assertThat(workspace.resolve("project/.git/worktrees/linked")).isDirectory();
  }

  @Test
  void npmInstallsTarballsAndRunsScripts() throws Exception {
    assumeInstalled("npm");
    write(
        "library/package.json",
        "{\"name\": \"library\", \"version\": \"1.0.0\", \"main\": \"index.js\"}");
    write("library/index.js", "module.exports = () => 'from the library';");
    write(
        "app/package.json",
        "{\"name\": \"app\", \"version\": \"1.0.0\", \"scripts\": {\"hello\": \"node main.js\"}}");
    write("app/main.js", "console.log(require('library')());");
    String output =
        run(
            ", \"npm\"",
            Map.of("npm_config_cache", workspace.resolve(".cache").toString()),
            """
            cd library
            npm pack --silent
            cd ../app
            npm install --silent --no-audit --no-fund --offline ../library/library-1.0.0.tgz
            npm run --silent hello
            """);
    assertThat(output).contains("from the library");
  }

  @Test
  void makeCompilesWithGcc() throws Exception {
    assumeInstalled("gcc");
    assumeInstalled("make");
    write("main.c", "#include <stdio.h>\nint main(void) { puts(\"compiled\"); return 0; }\n");
    write("Makefile", "main: main.c\n\tgcc -O2 -o main main.c\n");
    assertThat(run("", "make\n./main\n")).contains("compiled");
  }

  @Test
  void javacCompilesAndAJvmAttachesListensAndUsesTempFiles() throws Exception {
    write(
        "Needs.java",
        """
        import java.nio.channels.Selector;
        import java.nio.file.*;
        public class Needs {
          public static void main(String[] args) throws Exception {
            if (args.length > 0) { System.out.println("up"); Thread.sleep(60_000); }
            try (Selector selector = Selector.open()) { selector.selectNow(); }
            Process other = new ProcessBuilder(ProcessHandle.current().info().command().get(),
                "-cp", ".", "Needs", "wait").redirectError(ProcessBuilder.Redirect.INHERIT).start();
            other.inputReader().readLine();
            var machine = com.sun.tools.attach.VirtualMachine.attach(Long.toString(other.pid()));
            System.out.println("attached " + machine.getSystemProperties().containsKey("java.home"));
            machine.detach();
            Path data = Path.of("/tmp/hsperfdata_" + System.getProperty("user.name"));
            System.out.println("perf data " + Files.exists(data.resolve(Long.toString(other.pid()))));
            try (var server = new java.net.ServerSocket(0);
                var client = new java.net.Socket("localhost", server.getLocalPort())) {
              System.out.println("loopback " + client.isConnected());
            }
            Files.delete(Files.createTempFile("needs", null));
            // It reads the limits of the JVM's cgroup, as Gradle does.
            System.out.println("memory " + (((com.sun.management.OperatingSystemMXBean)
                java.lang.management.ManagementFactory.getOperatingSystemMXBean())
                    .getTotalMemorySize() > 0));
            other.destroy();
          }
        }
        """);
    String bin = System.getProperty("java.home") + "/bin/";
    String output = run(", \"jvm\"", bin + "javac Needs.java\n" + bin + "java -cp . Needs\n");
    assertThat(output.lines().toList())
        .as("the output, without noise on standard error")
        .isEqualTo(List.of("attached true", "perf data true", "loopback true", "memory true"));
  }

  @Test
  void pythonUsesFilesSocketsAndProcesses() throws Exception {
    assumeInstalled("python3");
    write(
        "main.py",
        """
        import multiprocessing, os, socket, sqlite3, subprocess, tempfile
        with tempfile.NamedTemporaryFile() as f: f.write(b"x")
        with sqlite3.connect("data.db") as db: db.execute("create table if not exists t (a)")
        server = socket.create_server(("127.0.0.1", 0))
        client = socket.create_connection(server.getsockname())
        subprocess.run(["true"], check=True)
        os.chmod("data.db", 0o600)
        def square(x): return x * x
        if __name__ == "__main__":
            with multiprocessing.Pool(2) as pool: print(sum(pool.map(square, range(4))))
        """);
    assertThat(run("", "python3 main.py\n")).contains("14");
  }
}
