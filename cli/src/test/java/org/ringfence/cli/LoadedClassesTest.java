package org.ringfence.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A run of the default policy loads no library that it does not need, so that it starts soon. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "the list is that of a run on Linux")
class LoadedClassesTest {
  /** The JDK; JNA for system calls; the reader of a preset's JSON; the facade of the logs. */
  private static final List<String> NEEDED =
      List.of(
          "java.",
          "javax.",
          "jdk.",
          "sun.",
          "com.sun.",
          "com.fasterxml.jackson.core.",
          "org.ringfence.",
          "org.slf4j.");

  private static final Pattern LOADED = Pattern.compile("\\] (\\S+) source: ");

  @TempDir private Path directory;

  @Test
  void runLoadsNoLibraryBesideThoseOfEveryRun() throws Exception {
    CommandLineProcess line =
        new CommandLineProcess(
            directory,
            Map.of("JDK_JAVA_OPTIONS", "-Xlog:class+load:file=" + directory.resolve("classes")));
    assertThat(line.run("run", "--", "true").exit()).isZero();
    TreeSet<String> classes = new TreeSet<>();
    try (Stream<String> lines = Files.lines(directory.resolve("classes"))) {
      lines
          .map(LOADED::matcher)
          .filter(Matcher::find)
          .forEach(found -> classes.add(found.group(1)));
    }
    assertThat(classes).contains("org.ringfence.cli.run.Runner", "com.sun.jna.Native");
    assertThat(classes.stream().filter(name -> NEEDED.stream().noneMatch(name::startsWith)))
        .isEmpty();
  }
}
