package org.ringfence.windows.bind;

import com.sun.jna.Structure.FieldOrder;

/** {@code JOBOBJECT_BASIC_ACCOUNTING_INFORMATION} of {@code winnt.h}. */
@FieldOrder({
  "totalUserTime",
  "totalKernelTime",
  "thisPeriodTotalUserTime",
  "thisPeriodTotalKernelTime",
  "totalPageFaultCount",
  "totalProcesses",
  "activeProcesses",
  "totalTerminatedProcesses"
})
public final class JobObjectBasicAccountingInformation extends Win32Structure {
  static final int CLASS = 1;

  /** Time in user mode. */
  public long totalUserTime;

  /** Time in kernel mode. */
  public long totalKernelTime;

  /** The same since the last limit. */
  public long thisPeriodTotalUserTime;

  /** The same since the last limit. */
  public long thisPeriodTotalKernelTime;

  /** Page faults. */
  public int totalPageFaultCount;

  /** Processes that were ever in it. */
  public int totalProcesses;

  /** Processes that are alive. */
  public int activeProcesses;

  /** Processes that a limit has ended. */
  public int totalTerminatedProcesses;
}
