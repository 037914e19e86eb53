package org.ringfence.maven;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarOutputStream;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.Backends;

/**
 * Builds a small project with this Maven, without a network. Its local repository has the plugin
 * and the other modules as this build has made them.
 */
@EnabledOnOs(value = OS.LINUX, disabledReason = "the commands are for a POSIX shell")
@Timeout(300)
class MavenBuildTest {
  private static final Path MAVEN =
      Path.of(System.getProperty("ringfence.test.maven.home", "/usr/share/maven"), "bin", "mvn");
  // Surefire passes on the properties of Maven itself.
  private static final String LIBRARIES =
      System.getProperty("maven.repo.local", System.getProperty("ringfence.test.maven.repository"));
  private static final String VERSION = System.getProperty("ringfence.test.version");
  private static final Pattern ARTIFACT =
      Pattern.compile("</parent>.*?<artifactId>(.*?)</artifactId>", Pattern.DOTALL);

  @TempDir Path directory;
  private Path project;
  private Path repository;

  @BeforeEach
  void makeProject() throws IOException {
    assumeTrue(Backends.load().byId("landlock").probe().usable(), "landlock cannot run here");
    assumeTrue(Files.isExecutable(MAVEN), MAVEN + " is missing");
    project = Files.createDirectory(directory.resolve("project"));
    repository = Files.createDirectory(directory.resolve("repository"));
    Files.copy(Path.of("..", "..", "pom.xml"), artefact("ringfence-parent", "pom"));
    Stream<Path> entries =
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator)).map(Path::of);
    // A build that also packages has the jars of modules on the class path, not their classes.
    for (Path entry : entries.filter(each -> each.getParent().endsWith("target")).toList()) {
      Path pom = entry.getParent().resolveSibling("pom.xml");
      if (entry.endsWith("test-classes") || Files.notExists(pom)) {
        continue;
      }
      Matcher name = ARTIFACT.matcher(Files.readString(pom));
      assertThat(name.find()).as("%s", pom).isTrue();
      Files.copy(pom, artefact(name.group(1), "pom"));
      Path jar = artefact(name.group(1), "jar");
      if (Files.isDirectory(entry)) {
        pack(entry, jar);
      } else {
        Files.copy(entry, jar);
      }
    }
  }

  private Path artefact(String name, String type) throws IOException {
    Path folder = repository.resolve("org/ringfence").resolve(name).resolve(VERSION);
    return Files.createDirectories(folder).resolve(name + "-" + VERSION + "." + type);
  }

  private static void pack(Path classes, Path jar) throws IOException {
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream out = new JarOutputStream(file);
        Stream<Path> all = Files.walk(classes)) {
      out.setLevel(0);
      for (Path each : all.filter(Files::isRegularFile).toList()) {
        out.putNextEntry(new ZipEntry(classes.relativize(each).toString()));
        Files.copy(each, out);
      }
    }
  }

  /** Writes the project of README, whose command is a script. */
  private void script(String text) throws IOException {
    String page = Files.readString(Path.of("README.md"));
    String plugin = page.substring(page.indexOf("<plugin>"), page.indexOf("\n```\n"));
    assertThat(plugin).contains("<version>" + VERSION + "</version>");
    Files.writeString(
        project.resolve("pom.xml"),
        """
        <project>
          <modelVersion>4.0.0</modelVersion>
          <groupId>com.example</groupId>
          <artifactId>example</artifactId>
          <version>1</version>
          <packaging>pom</packaging>
          <build><plugins>%s</plugins></build>
        </project>
        """
            .formatted(plugin));
    Path script = Files.createDirectories(project.resolve("scripts")).resolve("generate.sh");
    Files.writeString(script, text);
  }

  /** Runs Maven, and returns its exit code and its output. */
  private String maven(String... goals) throws Exception {
    List<String> words =
        Stream.concat(
                Stream.of(
                    MAVEN.toString(),
                    "-o",
                    "-B",
                    "-Dmaven.repo.local=" + repository,
                    "-Dmaven.repo.local.tail=" + LIBRARIES),
                Stream.of(goals))
            .toList();
    Path output = directory.resolve("output");
    ProcessBuilder builder =
        new ProcessBuilder(words)
            .directory(project.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().remove("MAVEN_OPTS");
    builder.environment().remove("MAVEN_ARGS");
    Process process = builder.start();
    try {
      assertThat(process.waitFor(4, TimeUnit.MINUTES)).isTrue();
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
    return process.exitValue() + "\n" + Files.readString(output);
  }

  @Test
  void theExampleOfReadmeRunsInABuildAndIsConfined() throws Exception {
    script("echo made >made.txt; echo \"it is made\"\n");
    assertThat(maven("generate-sources"))
        .startsWith("0\n")
        .contains("[INFO] it is made", "BUILD SUCCESS");
    assertThat(project.resolve("made.txt")).hasContent("made\n");

    Path victim = repository.resolve("org/ringfence/plugin.jar");
    script("echo made >again.txt; echo changed >'" + victim + "'\n");
    assertThat(maven("generate-sources"))
        .startsWith("1\n")
        .contains("[WARNING] denied: create " + victim, "the command in the sandbox failed");
    assertThat(victim).doesNotExist();
    assertThat(project.resolve("again.txt")).hasContent("made\n");
    // The control: without a sandbox the file is written.
    Files.writeString(victim, "changed\n");
  }

  @Test
  void theSuiteRunsInABuild() throws Exception {
    Files.writeString(
        project.resolve("pom.xml"),
        "<project><modelVersion>4.0.0</modelVersion><groupId>com.example</groupId>"
            + "<artifactId>example</artifactId><version>1</version><packaging>pom</packaging>"
            + "</project>");
    String goal = "org.ringfence:ringfence-maven-plugin:" + VERSION + ":verify";
    assertThat(maven(goal, "-Dringfence.backend=landlock", "-Dringfence.cases=FW-CREATE"))
        .startsWith("0\n")
        .contains("FW-CREATE", "BUILD SUCCESS");
  }
}
