package org.ringfence.windows.bind;

import com.sun.jna.Structure.FieldOrder;

/**
 * {@code JOBOBJECT_EXTENDED_LIMIT_INFORMATION} of {@code winnt.h}, with its first part flattened.
 */
@FieldOrder({
  "perProcessUserTimeLimit",
  "perJobUserTimeLimit",
  "limitFlags",
  "minimumWorkingSetSize",
  "maximumWorkingSetSize",
  "activeProcessLimit",
  "affinity",
  "priorityClass",
  "schedulingClass",
  "ioInfo",
  "processMemoryLimit",
  "jobMemoryLimit",
  "peakProcessMemoryUsed",
  "peakJobMemoryUsed"
})
public final class JobObjectExtendedLimitInformation extends Win32Structure {
  static final int CLASS = 9;
  static final int PROCESS_TIME = 0x2;

  /** {@code JOB_OBJECT_LIMIT_BREAKAWAY_OK}: for a runner's job alone. */
  static final int BREAKAWAY_OK = 0x800;

  static final int ACTIVE_PROCESS = 0x8;
  static final int JOB_MEMORY = 0x200;
  static final int DIE_ON_UNHANDLED_EXCEPTION = 0x400;
  static final int KILL_ON_JOB_CLOSE = 0x2000;

  /** Processor time of each process, in units of 100 ns. */
  public long perProcessUserTimeLimit;

  /** Processor time of all processes. */
  public long perJobUserTimeLimit;

  /** The limits in force. */
  public int limitFlags;

  /** Minimum size of a working set. */
  public long minimumWorkingSetSize;

  /** Maximum size of a working set. */
  public long maximumWorkingSetSize;

  /** The most processes at a time. */
  public int activeProcessLimit;

  /** Processors. */
  public long affinity;

  /** Priority. */
  public int priorityClass;

  /** Share of the processor. */
  public int schedulingClass;

  /** {@code IO_COUNTERS}. */
  public long[] ioInfo = new long[6];

  /** Memory of one process, in bytes. */
  public long processMemoryLimit;

  /** Memory of all processes, in bytes. */
  public long jobMemoryLimit;

  /** Peak memory of one process. */
  public long peakProcessMemoryUsed;

  /** Peak memory of all processes. */
  public long peakJobMemoryUsed;
}
