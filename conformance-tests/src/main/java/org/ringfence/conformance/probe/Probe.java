package org.ringfence.conformance.probe;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * Tries one operation and prints {@code RESULT OK n}, {@code RESULT DENIED ERRNO}, or {@code RESULT
 * ABSENT what} where the system lacks the operation. Exit code 0 either way; any other is a fault
 * of the probe, or the sandbox ended it.
 */
public final class Probe {
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
    Operation operation = operations().get(args[0]);
    if (operation == null) {
      throw new IllegalArgumentException("no operation " + args[0]);
    }
    System.out.println("RESULT " + attempt(operation, Arrays.copyOfRange(args, 1, args.length)));
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
      return result < 0 ? "DENIED " + NativeCalls.errorName((int) -result) : "OK " + result;
    } catch (AbsentException e) {
      return "ABSENT " + e.getMessage();
    }
  }

  static Map<String, Operation> operations() {
    Map<String, Operation> all = new TreeMap<>();
    FileOperations.addTo(all);
    RandomFileOperations.addTo(all);
    NetlinkOperations.addTo(all);
    NetworkOperations.addTo(all);
    AddressSweep.addTo(all);
    PortOperations.addTo(all);
    EgressOperations.addTo(all);
    ProcessOperations.addTo(all);
    KernelOperations.addTo(all);
    TerminalOperations.addTo(all);
    SupervisorOperations.addTo(all);
    RaceOperations.addTo(all);
    SocketRaceOperations.addTo(all);
    JvmOperations.addTo(all);
    return all;
  }
}
