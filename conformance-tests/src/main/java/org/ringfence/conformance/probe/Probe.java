package org.ringfence.conformance.probe;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Tries one operation and prints {@code RESULT OK n}, {@code RESULT DENIED ERRNO}, or {@code RESULT
 * ABSENT what} where the system lacks the operation. Exit code 0 either way; any other is a fault
 * of the probe, or the sandbox ended it.
 */
public final class Probe {
  private static final int SUBJECTS = 15;
  private static final int BRIEF_SUBJECTS = 5;

  private Probe() {}

  /** An operation; a result below zero is a negated error number. */
  interface Operation {
    /**
     * Tries it.
     *
     * @param arguments the case's arguments
     * @return the result
     */
    long attempt(String[] arguments) throws Exception;
  }

  /**
   * Runs the probe.
   *
   * @param args the operation's name and its arguments
   * @throws Exception if the probe itself is at fault
   */
  public static void main(String[] args) throws Exception {
    Operation operation = operation(args[0]);
    if (operation == null) {
      throw new IllegalArgumentException("no operation " + args[0]);
    }
    String result = attempt(operation, Arrays.copyOfRange(args, 1, args.length));
    // One text of plain concatenation would load the classes that compile it.
    System.out.println("RESULT ".concat(result));
    System.out.flush();
  }

  private static String attempt(Operation operation, String[] arguments) throws Exception {
    try {
      for (String argument : arguments) {
        if (argument.startsWith("/proc/")) {
          NativeCalls.onlyLinux("/proc");
        }
      }
      long result = operation.attempt(arguments);
      return result < 0
          ? "DENIED " + NativeCalls.errorName((int) -result)
          : "OK ".concat(Long.toString(result));
    } catch (AbsentException e) {
      return "ABSENT " + e.getMessage();
    }
  }

  /** Returns an operation, or null. Loads no class of a later subject: each probe is a new JVM. */
  private static Operation operation(String name) {
    Map<String, Operation> found = new HashMap<>();
    for (int subject = 0; subject < SUBJECTS && !found.containsKey(name); subject++) {
      add(subject, found);
    }
    return found.get(name);
  }

  /**
   * Returns whether an operation makes a few system calls, so that its JVM ends before a compiler
   * pays off.
   *
   * @param name its name
   * @return false if it loops, or does not exist
   */
  static boolean isBrief(String name) {
    Map<String, Operation> brief = new HashMap<>();
    for (int subject = 0; subject < BRIEF_SUBJECTS; subject++) {
      add(subject, brief);
    }
    return brief.containsKey(name) && !name.endsWith("-race");
  }

  /** Adds the operations of one subject: those of many cases first. */
  private static void add(int subject, Map<String, Operation> all) {
    switch (subject) {
      case 0 -> FileOperations.addTo(all);
      case 1 -> NetworkOperations.addTo(all);
      case 2 -> NetlinkOperations.addTo(all);
      case 3 -> {
        ProcessOperations.addTo(all);
        SignalOperations.addTo(all);
      }
      case 4 -> KernelOperations.addTo(all);
      case 5 -> SupervisorOperations.addTo(all);
      case 6 -> EgressOperations.addTo(all);
      case 7 -> TerminalOperations.addTo(all);
      case 8 -> RaceOperations.addTo(all);
      case 9 -> SocketRaceOperations.addTo(all);
      case 10 -> AddressSweep.addTo(all);
      case 11 -> PortOperations.addTo(all);
      case 12 -> RandomFileOperations.addTo(all);
      case 13 -> JvmOperations.addTo(all);
      case 14 -> TracingOperations.addTo(all);
      default -> throw new IllegalArgumentException("no subject " + subject);
    }
  }
}
