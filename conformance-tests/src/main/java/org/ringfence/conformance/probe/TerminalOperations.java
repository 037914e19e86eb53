package org.ringfence.conformance.probe;

import com.sun.jna.Memory;
import java.io.IOException;
import java.util.Map;
import org.ringfence.conformance.probe.Probe.Operation;

/** Operations on pseudo-terminals, as {@code script}, {@code tmux} and {@code ssh -t} use them. */
final class TerminalOperations {
  // asm-generic/fcntl.h
  private static final int READ_WRITE = 2;
  private static final int NO_CONTROL = 0x100;
  private static final int NO_WAIT = 0x800;
  // asm-generic/ioctls.h
  private static final long TIOCSTI = 0x5412;
  private static final long TIOCGPTPEER = 0x5441;
  private static final int NAME = 64;
  private static final int EPROTO = -71;

  private TerminalOperations() {}

  static void addTo(Map<String, Operation> all) {
    all.put("pty-by-name", a -> talks(open(), false));
    all.put("pty-by-master", a -> talks(open(), true));
    all.put("pty-mode", a -> NativeCalls.call("chmod", name(open()), 0620));
    all.put("pty-input", TerminalOperations::input);
    all.put("pty-again", TerminalOperations::again);
    all.put("pty-open", a -> openNamed(a[0]));
    all.put("pty-read", a -> typed(a[0]));
    all.put("pty-chmod", a -> NativeCalls.call("chmod", a[0], 0666));
  }

  private static int open() {
    NativeCalls.onlyLinux("pseudo-terminals by /dev/pts");
    int master = (int) NativeCalls.call("posix_openpt", READ_WRITE | NO_CONTROL);
    if (master >= 0) {
      NativeCalls.call("grantpt", master);
      NativeCalls.call("unlockpt", master);
    }
    return master;
  }

  private static String name(int master) {
    Memory name = NativeCalls.memory(NAME);
    return NativeCalls.call("ptsname_r", master, name, (long) NAME) == 0 ? name.getString(0) : "";
  }

  private static long openNamed(String name) {
    return NativeCalls.call("open", name, READ_WRITE | NO_CONTROL, 0);
  }

  /** Reads the input typed at a terminal, without waiting. */
  private static long typed(String name) {
    long terminal = NativeCalls.call("open", name, NO_CONTROL | NO_WAIT, 0);
    if (terminal < 0) {
      return terminal;
    }
    Memory line = NativeCalls.memory(16);
    long got = NativeCalls.call("read", (int) terminal, line, 16L);
    return got < 0 ? got : line.getString(0).startsWith("secret") ? 0 : EPROTO;
  }

  private static long peer(int master) {
    return NativeCalls.syscall(
        16, 29, (long) master, TIOCGPTPEER, (long) (READ_WRITE | NO_CONTROL));
  }

  /** Checks that each end reads the bytes written to the other. */
  private static long talks(int master, boolean byMaster) {
    if (master < 0) {
      return master;
    }
    long terminal = byMaster ? peer(master) : openNamed(name(master));
    if (terminal < 0) {
      return terminal;
    }
    long sent = NativeCalls.call("write", (int) terminal, "hello", 5L);
    Memory answer = NativeCalls.memory(16);
    long got = sent < 0 ? sent : NativeCalls.call("read", master, answer, 16L);
    return got < 0 ? got : answer.getString(0).startsWith("hello") ? 0 : EPROTO;
  }

  private static long input(String[] a) {
    int master = open();
    long terminal = master < 0 ? master : peer(master);
    return terminal < 0
        ? terminal
        : NativeCalls.call("ioctl", (int) terminal, TIOCSTI, NativeCalls.string("x"));
  }

  /** Closes a terminal, lets another program take its number, and opens it. */
  private static long again(String[] a) throws IOException {
    int master = open();
    if (master < 0) {
      return master;
    }
    String name = name(master);
    NativeCalls.call("close", master);
    System.out.println("CLOSED " + name);
    System.out.flush();
    return System.in.read() < 0 ? EPROTO : openNamed(name);
  }
}
