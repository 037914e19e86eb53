package org.ringfence.linux.launch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.ringfence.spi.CommandEnvironment;
import org.ringfence.spi.Launch;

/**
 * Makes a JVM use the sandbox's temporary directory. On Linux a JVM ignores {@code TMPDIR} and uses
 * {@code /tmp} (os_linux.cpp, os::get_temp_directory), which a command cannot write when its
 * temporary directory is private.
 *
 * <p>A JVM has no variable that it reads without a line on standard error. So the programs of a JDK
 * get an option on their command line, and the scripts that start build tools get one in the
 * variable that each passes to its JVM. An option that the command has itself comes later and
 * holds.
 */
final class JavaPrograms {
  private static final String TMPDIR = "TMPDIR";
  private static final String PROPERTY = "-Djava.io.tmpdir=";

  /** No performance data in /tmp: HotSpot would try, and lock the files of other JVMs there. */
  private static final String NO_PERFORMANCE_FILE = "-XX:+PerfDisableSharedMem";

  private static final Map<String, String> VARIABLES =
      Map.of(
          "mvn", "MAVEN_OPTS",
          "mvnw", "MAVEN_OPTS",
          "gradle", "GRADLE_OPTS",
          "gradlew", "GRADLE_OPTS",
          "ant", "ANT_OPTS");

  private JavaPrograms() {}

  /**
   * Adds the options that a command needs.
   *
   * @param executable the program that was found
   * @param launch the command
   * @return the command with the options; the same when its program is no Java program, or its
   *     temporary directory is not the sandbox's own
   */
  static Launch adapted(String executable, Launch launch) {
    String directory = launch.environment().resolved().getOrDefault(TMPDIR, "");
    if (!launch.environment().ofPolicy().containsKey(TMPDIR) || directory.isEmpty()) {
      return launch;
    }
    String variable = VARIABLES.get(Path.of(executable).getFileName().toString());
    // The scripts split the variable at blanks.
    if (variable != null && directory.indexOf(' ') < 0) {
      return with(launch, launch.command(), variables(launch, variable, directory));
    }
    List<String> options = ofTool(executable, directory);
    if (options.isEmpty()) {
      return launch;
    }
    List<String> command = new ArrayList<>(launch.command());
    command.addAll(1, options);
    return with(launch, command, launch.environment());
  }

  private static CommandEnvironment variables(Launch launch, String name, String directory) {
    CommandEnvironment given = launch.environment();
    String old = given.resolved().getOrDefault(name, "");
    Map<String, String> changed = new TreeMap<>(given.ofCaller());
    changed.put(name, (NO_PERFORMANCE_FILE + " " + PROPERTY + directory + " " + old).strip());
    return new CommandEnvironment(given.inherited(), given.ofPolicy(), changed);
  }

  /** Returns the options for a program of a JDK; none for another program of the same name. */
  private static List<String> ofTool(String executable, String directory) {
    Path real;
    try {
      real = Path.of(executable).toRealPath();
    } catch (IOException e) {
      return List.of();
    }
    Path home = real.getNameCount() > 2 ? real.getParent().getParent() : null;
    if (home == null || !Files.exists(home.resolve("lib/jvm.cfg"))) {
      return List.of();
    }
    String property = PROPERTY + directory;
    return switch (real.getFileName().toString()) {
      case "java" -> List.of(NO_PERFORMANCE_FILE, property);
      case "jshell" ->
          List.of(
              "-J" + NO_PERFORMANCE_FILE,
              "-J" + property,
              "-R" + NO_PERFORMANCE_FILE,
              "-R" + property);
      case "javac", "javadoc", "jar", "jlink", "jdeps", "jpackage", "keytool", "jarsigner" ->
          List.of("-J" + NO_PERFORMANCE_FILE, "-J" + property);
      default -> List.of();
    };
  }

  static Launch with(Launch launch, List<String> command, CommandEnvironment environment) {
    return new Launch(
        launch.id(),
        command,
        launch.directory(),
        environment,
        launch.input(),
        launch.output(),
        launch.error(),
        launch.mergeError(),
        launch.limits(),
        launch.terminal());
  }
}
