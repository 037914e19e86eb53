package org.ringfence.policy.code;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.ringfence.policy.value.InvalidPolicyException;

/**
 * Options of this JVM that name code: agents, additions to Java's own classes, archives of classes,
 * saved processes, files of options, settings that name classes and libraries, commands for an
 * error. Options also come from variables and from files of arguments, so the JVM itself is asked.
 */
final class JvmArguments {
  /** The text of an option's value that is a file, or files. */
  private enum Value {
    FILE,
    FILES,
    /** A file, and options of its own behind an equals sign. */
    AGENT,
    /** A module and an equals sign, and files. */
    PATCH,
    /** A file or its URL, behind a second equals sign if nothing else counts. */
    SETTINGS,
    /** Commands for a shell, with semicolons between them. */
    COMMANDS
  }

  // The options are those of the java command (java -X, --help-extra) and of HotSpot's globals.hpp.
  private static final Map<String, Value> OPTIONS =
      Map.ofEntries(
          Map.entry("-javaagent:", Value.AGENT),
          Map.entry("-agentpath:", Value.AGENT),
          Map.entry("-Xbootclasspath/a:", Value.FILES),
          Map.entry("--module-path=", Value.FILES),
          Map.entry("--upgrade-module-path=", Value.FILES),
          Map.entry("--patch-module=", Value.PATCH),
          Map.entry("-XX:SharedArchiveFile=", Value.FILES),
          Map.entry("-XX:AOTCache=", Value.FILE),
          Map.entry("-XX:JVMCILibPath=", Value.FILE),
          Map.entry("-XX:Flags=", Value.FILE),
          Map.entry("-XX:VMOptionsFile=", Value.FILE),
          Map.entry("-XX:AOTCacheOutput=", Value.FILE),
          Map.entry("-XX:AOTConfiguration=", Value.FILE),
          Map.entry("-XX:ArchiveClassesAtExit=", Value.FILE),
          Map.entry("-XX:CompilerDirectivesFile=", Value.FILE),
          Map.entry("-XX:CompileCommandFile=", Value.FILE),
          // Of JDKs with checkpoints (CRaC): a saved process, and the program that restores it.
          Map.entry("-XX:CRaCRestoreFrom=", Value.FILE),
          Map.entry("-XX:CRaCCheckpointTo=", Value.FILE),
          Map.entry("-XX:CREngine=", Value.FILE),
          Map.entry("-Djava.security.properties=", Value.SETTINGS),
          Map.entry("-Djava.security.policy=", Value.SETTINGS),
          Map.entry("-Djava.security.auth.login.config=", Value.SETTINGS),
          Map.entry("-Djava.util.logging.config.file=", Value.SETTINGS),
          Map.entry("-Dcom.sun.management.config.file=", Value.SETTINGS),
          Map.entry("-XX:OnError=", Value.COMMANDS),
          Map.entry("-XX:OnOutOfMemoryError=", Value.COMMANDS));

  private JvmArguments() {}

  /** Refuses a runtime that does not tell the arguments. */
  static void requireThem() {
    if (ModuleLayer.boot().findModule("java.management").isEmpty()) {
      throw new InvalidPolicyException(
          "files.rules",
          "write",
          "a Java runtime with the module java.management: without it nothing tells which code"
              + " this JVM runs, and a command could change it");
    }
  }

  static void addTo(Set<Path> named) {
    addTo(ManagementFactory.getRuntimeMXBean().getInputArguments(), named);
  }

  /** Adds what a list of arguments names. */
  static void addTo(List<String> arguments, Set<Path> named) {
    for (String argument : arguments) {
      OPTIONS.forEach(
          (option, value) -> {
            if (argument.startsWith(option)) {
              add(option, argument.substring(option.length()), value, named);
            }
          });
    }
  }

  private static void add(String option, String text, Value value, Set<Path> named) {
    int sign = text.indexOf('=');
    switch (value) {
      case FILE -> CodeLocations.add(text, named);
      case FILES -> CodeLocations.addList(text, named);
      case AGENT -> CodeLocations.add(sign < 0 ? text : text.substring(0, sign), named);
      case PATCH -> CodeLocations.addList(text.substring(sign + 1), named);
      case SETTINGS -> {
        String file = sign == 0 ? text.substring(1) : text;
        FileUrls.file(file).ifPresentOrElse(named::add, () -> CodeLocations.add(file, named));
      }
      case COMMANDS ->
          ErrorCommands.addTo(option, text, System.getenv().getOrDefault("PATH", ""), named);
    }
  }
}
