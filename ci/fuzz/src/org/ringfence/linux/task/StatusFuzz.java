package org.ringfence.linux.task;

import java.nio.charset.StandardCharsets;
import org.ringfence.linux.task.TargetMemory.AccessException;

/** The numbers in a process's stat and status do not depend on its name, which the process chooses. */
public final class StatusFuzz {
  private static final int NAME = 15;

  private StatusFuzz() {}

  /** Tries one input. */
  public static void fuzzerTestOneInput(byte[] input) throws AccessException {
    byte[] name = new byte[Math.min(NAME, input.length)];
    System.arraycopy(input, 0, name, 0, name.length);
    String text = new String(name, StandardCharsets.ISO_8859_1).replace("\0", "");
    String stat = "17 (" + text + ") S 4 5 6 0 -1 4194560";
    expect(4, TargetMemory.statField(stat, 1));
    expect(6, TargetMemory.statField(stat, 3));
    // fs/proc/array.c, proc_task_name: a line end and a backslash are escaped.
    String status =
        "Name:\t"
            + text.replace("\\", "\\\\").replace("\n", "\\n")
            + "\nUmask:\t0022\nTgid:\t17\nPPid:\t4\nUid:\t1\t2\t3\t4\nCapEff:\t000001ffffffffff\n";
    expect(18, TargetMemory.field(status, "Umask:", 8)[0]);
    expect(17, TargetMemory.field(status, "Tgid:", 10)[0]);
    expect(3, TargetMemory.field(status, "Uid:", 10)[2]);
    expect(0x1ffffffffffL, TargetMemory.field(status, "CapEff:", 16)[0]);
  }

  private static void expect(long wanted, long read) {
    if (wanted != read) {
      throw new IllegalStateException(wanted + " is read as " + read);
    }
  }
}
