package org.ringfence.conformance.probe;

import com.sun.jna.Memory;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.ringfence.conformance.probe.Probe.Operation;

/** Every way of Linux to signal a thread, now or when a descriptor is ready. */
final class SignalOperations {
  // linux/pidfd.h
  private static final int PIDFD_THREAD = 0x80;
  // asm-generic/fcntl.h
  private static final int O_DIRECTORY = NativeCalls.X86 ? 0x10000 : 0x4000;
  private static final int F_SETOWN = 8;
  private static final int F_SETOWN_EX = 15;
  // asm-generic/sockios.h
  private static final long FIOSETOWN = 0x8901;
  private static final long SIOCSPGRP = 0x8902;
  // asm-generic/siginfo.h
  private static final int SI_QUEUE = -1;
  private static final int INFO_BYTES = 128;
  private static final int SIGTERM = 15;

  private SignalOperations() {}

  static void addTo(Map<String, Operation> all) {
    all.put("signal-threads", SignalOperations::signalThreads);
    all.put("signal-child", SignalOperations::signalChild);
  }

  /** One way to signal a thread of a process. */
  private interface Way {
    long signal(int process, int thread);
  }

  private static Map<String, Way> throughNumbers() {
    Map<String, Way> ways = new LinkedHashMap<>();
    ways.put("kill", (process, thread) -> NativeCalls.syscall(62, 129, thread, 0));
    ways.put("tkill", (process, thread) -> NativeCalls.syscall(200, 130, thread, 0));
    ways.put("tgkill", (process, thread) -> NativeCalls.syscall(234, 131, process, thread, 0));
    ways.put(
        "rt_sigqueueinfo",
        (process, thread) -> NativeCalls.syscall(129, 138, thread, 0, information()));
    ways.put(
        "rt_tgsigqueueinfo",
        (process, thread) -> NativeCalls.syscall(297, 240, process, thread, 0, information()));
    return ways;
  }

  /** Returns the ways whose success shows that the signal arrives. */
  private static Map<String, Way> immediate() {
    Map<String, Way> ways = throughNumbers();
    ways.put(
        "a pidfd of the thread",
        (process, thread) ->
            throughDescriptor(NativeCalls.syscall(434, 434, thread, PIDFD_THREAD)));
    ways.put(
        "a pidfd",
        (process, thread) -> throughDescriptor(NativeCalls.syscall(434, 434, thread, 0)));
    ways.put(
        "its directory",
        (process, thread) ->
            throughDescriptor(NativeCalls.call("open", "/proc/" + thread, O_DIRECTORY, 0)));
    return ways;
  }

  /**
   * Returns the ways by which the kernel signals a thread when a descriptor is ready, and asks only
   * then whether it may.
   */
  private static Map<String, Way> later() {
    Map<String, Way> ways = new LinkedHashMap<>();
    ways.put("F_SETOWN", (process, thread) -> owner(F_SETOWN, thread));
    // struct f_owner_ex: F_OWNER_TID, then the number
    ways.put("F_SETOWN_EX", (process, thread) -> owner(F_SETOWN_EX, words(0, thread)));
    ways.put("FIOSETOWN", (process, thread) -> request(FIOSETOWN, thread));
    ways.put("SIOCSPGRP", (process, thread) -> request(SIOCSPGRP, thread));
    return ways;
  }

  /** Returns 0 as soon as any way reaches any thread of a process; no way harms it. */
  private static long signalThreads(String[] a) throws IOException {
    NativeCalls.onlyLinux("/proc/PID/task");
    int process = Integer.parseInt(a[0]);
    String[] threads = new File("/proc/" + process + "/task").list();
    if (threads == null) {
      return KernelNumbers.error("ESRCH");
    }
    for (String thread : threads) {
      int number = Integer.parseInt(thread);
      Map<String, Way> ways = immediate();
      if (started(process, number)) {
        ways.putAll(later());
      }
      for (Way way : ways.values()) {
        if (way.signal(process, number) >= 0) {
          return 0;
        }
      }
    }
    return KernelNumbers.error("EPERM");
  }

  /** Returns whether a thread has made this process: it shares a signal scope with it. */
  private static boolean started(int process, int thread) throws IOException {
    Path children = Path.of("/proc/" + process + "/task/" + thread + "/children");
    try {
      return List.of(Files.readString(children).split(" "))
          .contains(Long.toString(ProcessHandle.current().pid()));
    } catch (NoSuchFileException e) {
      // The thread has ended.
      return false;
    }
  }

  /** Signals a child in each way that programs use, and ends it. */
  private static long signalChild(String[] a) throws IOException {
    NativeCalls.onlyLinux("rt_sigqueueinfo");
    Process child = new ProcessBuilder("sleep", "60").start();
    try {
      int pid = (int) child.pid();
      Map<String, Way> ways = throughNumbers();
      int own = (int) ProcessHandle.current().pid();
      ways.put("F_SETOWN", (process, thread) -> owner(F_SETOWN, own));
      for (Map.Entry<String, Way> way : ways.entrySet()) {
        long result = way.getValue().signal(pid, pid);
        if (result < 0) {
          throw new IOException(way.getKey() + ": " + NativeCalls.errorName((int) -result));
        }
      }
      long result = NativeCalls.syscall(62, 129, own, 0);
      return result < 0 ? result : NativeCalls.syscall(62, 129, pid, SIGTERM);
    } finally {
      child.destroyForcibly();
    }
  }

  private static Memory information() {
    Memory information = NativeCalls.memory(INFO_BYTES);
    information.setInt(8, SI_QUEUE);
    return information;
  }

  private static Memory words(int first, int second) {
    Memory words = NativeCalls.memory(8);
    words.setInt(0, first);
    words.setInt(4, second);
    return words;
  }

  private static long throughDescriptor(long descriptor) {
    if (descriptor < 0) {
      return descriptor;
    }
    try {
      return NativeCalls.syscall(424, 424, descriptor, 0, 0L, 0);
    } finally {
      NativeCalls.call("close", (int) descriptor);
    }
  }

  /** Makes a thread the owner of a socket, which gets its signals. */
  private static long owner(int command, Object given) {
    return withSocket(socket -> NativeCalls.call("fcntl", socket, command, given));
  }

  private static long request(long request, int thread) {
    return withSocket(socket -> NativeCalls.call("ioctl", socket, request, words(thread, 0)));
  }

  private interface SocketCall {
    long on(int socket);
  }

  private static long withSocket(SocketCall call) {
    Memory ends = NativeCalls.memory(8);
    long made = NativeCalls.call("socketpair", 1, 1, 0, ends);
    if (made < 0) {
      return made;
    }
    try {
      return call.on(ends.getInt(0));
    } finally {
      NativeCalls.call("close", ends.getInt(0));
      NativeCalls.call("close", ends.getInt(4));
    }
  }
}
