package org.ringfence.conformance.probe;

import com.sun.jna.Memory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.ringfence.conformance.probe.Probe.Operation;

/** Operations of a small debugger, whose traced process is a shell that sends itself no signal. */
final class TracingOperations {
  // linux/ptrace.h
  private static final long POKE_DATA = 5;
  private static final long GET_REGISTERS = 12;
  private static final long SET_REGISTERS = 13;
  private static final long DETACH = 17;
  private static final long SYSCALL = 24;
  private static final long GET_REGISTER_SET = 0x4204;
  private static final long SET_REGISTER_SET = 0x4205;
  private static final long SEIZE = 0x4206;
  private static final long INTERRUPT = 0x4207;
  private static final long GET_SYSCALL_INFO = 0x420e;
  private static final int ENTRY = 1;
  private static final int EXIT = 2;
  private static final long TRACE_SYSGOOD = 1;
  private static final long TRACE_EXIT = 1 << 6;
  // linux/elf.h
  private static final long NT_PRSTATUS = 1;
  private static final long NT_ARM_SYSTEM_CALL = 0x404;
  // linux/wait.h
  private static final int WALL = 0x40000000;

  // asm/ptrace.h of x86: struct user_regs_struct, in words.
  private static final int X86_WORDS = 27;
  private static final int[] X86_ARGUMENTS = {14, 13, 12, 7};
  private static final int X86_NUMBER = 15;
  private static final int X86_STACK = 19;
  // asm/ptrace.h of arm64: struct user_pt_regs, in words.
  private static final int ARM_WORDS = 34;
  private static final int ARM_STACK = 31;

  /** Above the strings lies nothing of the shell: below its stack pointer. */
  private static final long BELOW_STACK = 8192;

  private static final int MOST_STOPS = 2000;
  private static final String SHELL = "sh -c 'while :; do kill -0 $$; done' & echo $!; wait";

  private TracingOperations() {}

  static void addTo(Map<String, Operation> all) {
    all.put("trace-own", a -> rewritten(0, List.of("39", "172")) > 0 ? 0 : -1);
    all.put("trace-rewrite", a -> rewritten(0, List.of(a)));
    all.put("trace-exit-circle", a -> circle());
  }

  /** Lets the traced process ask for the option that this one has, with this one as its target. */
  private static long circle() throws IOException, InterruptedException {
    String own = Long.toString(ProcessHandle.current().pid());
    return rewritten(
        TRACE_EXIT,
        List.of("101", "117", Long.toString(SEIZE), own, "0", Long.toString(TRACE_EXIT)));
  }

  /**
   * Puts another system call in the place of one that a traced process begins.
   *
   * @param options further options of the tracer
   * @param call its numbers on x86_64 and aarch64, and its arguments: numbers, and texts that begin
   *     with a slash
   * @return its result
   */
  private static long rewritten(long options, List<String> call)
      throws IOException, InterruptedException {
    NativeCalls.onlyLinux("ptrace");
    Process shell = new ProcessBuilder("/bin/sh", "-c", SHELL).start();
    BufferedReader output =
        new BufferedReader(new InputStreamReader(shell.getInputStream(), StandardCharsets.UTF_8));
    int traced = Integer.parseInt(output.readLine());
    try {
      long seized = ptrace(SEIZE, traced, 0, TRACE_SYSGOOD | options);
      if (seized < 0) {
        return seized;
      }
      demand(ptrace(INTERRUPT, traced, 0, 0));
      awaitStop(traced);
      // The call that it is in comes first, then a new one begins.
      next(traced, EXIT);
      next(traced, ENTRY);
      rewrite(traced, call);
      return next(traced, EXIT);
    } finally {
      ptrace(DETACH, traced, 0, 0);
      NativeCalls.call("kill", traced, 9);
      shell.waitFor();
    }
  }

  /** Goes on to the next stop of a kind; returns the result of a call that ends. */
  private static long next(int traced, int kind) throws IOException {
    Memory info = NativeCalls.memory(128);
    for (int i = 0; i < MOST_STOPS; i++) {
      demand(ptrace(SYSCALL, traced, 0, 0));
      awaitStop(traced);
      demand(NativeCalls.syscall(101, 117, GET_SYSCALL_INFO, (long) traced, 128L, info));
      if (info.getByte(0) == kind) {
        return info.getLong(24);
      }
    }
    throw new IOException("the traced process makes no calls");
  }

  private static void rewrite(int traced, List<String> call) throws IOException {
    Memory registers = registers(traced);
    List<Long> arguments = new ArrayList<>();
    long room = registers.getLong(8L * (NativeCalls.X86 ? X86_STACK : ARM_STACK)) - BELOW_STACK;
    for (String each : call.subList(2, call.size())) {
      if (each.startsWith("/")) {
        arguments.add(room & ~7L);
        room = poke(traced, room & ~7L, each);
      } else {
        arguments.add(Long.decode(each));
      }
    }
    for (int i = 0; i < arguments.size(); i++) {
      registers.setLong(8L * (NativeCalls.X86 ? X86_ARGUMENTS[i] : i), arguments.get(i));
    }
    long number = Long.parseLong(call.get(NativeCalls.X86 ? 0 : 1));
    if (NativeCalls.X86) {
      registers.setLong(8L * X86_NUMBER, number);
      demand(NativeCalls.syscall(101, 117, SET_REGISTERS, (long) traced, 0L, registers));
      return;
    }
    demand(set(SET_REGISTER_SET, traced, NT_PRSTATUS, registers));
    Memory at = NativeCalls.memory(4);
    at.setInt(0, (int) number);
    demand(set(SET_REGISTER_SET, traced, NT_ARM_SYSTEM_CALL, at));
  }

  private static Memory registers(int traced) throws IOException {
    Memory registers = NativeCalls.memory(8 * (NativeCalls.X86 ? X86_WORDS : ARM_WORDS));
    demand(
        NativeCalls.X86
            ? NativeCalls.syscall(101, 117, GET_REGISTERS, (long) traced, 0L, registers)
            : set(GET_REGISTER_SET, traced, NT_PRSTATUS, registers));
    return registers;
  }

  private static long set(long request, int traced, long kind, Memory value) {
    Memory vector = NativeCalls.memory(16);
    vector.setPointer(0, value);
    vector.setLong(8, value.size());
    return NativeCalls.syscall(101, 117, request, (long) traced, kind, vector);
  }

  /** Writes a text with its NUL; returns the first address after it. */
  private static long poke(int traced, long address, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    Memory words = NativeCalls.memory((bytes.length / 8 + 1) * 8);
    words.write(0, bytes, 0, bytes.length);
    for (long at = 0; at < words.size(); at += 8) {
      demand(ptrace(POKE_DATA, traced, address + at, words.getLong(at)));
    }
    return address + words.size();
  }

  private static void awaitStop(int traced) throws IOException {
    Memory status = NativeCalls.memory(8);
    demand(NativeCalls.call("waitpid", traced, status, WALL));
    if ((status.getInt(0) & 0xff) != 0x7f) {
      throw new IOException("the traced process has ended: " + status.getInt(0));
    }
  }

  private static long ptrace(long request, int traced, long address, long data) {
    return NativeCalls.syscall(101, 117, request, (long) traced, address, data);
  }

  private static void demand(long result) throws IOException {
    if (result < 0) {
      throw new IOException("ptrace: " + NativeCalls.errorName((int) -result));
    }
  }
}
