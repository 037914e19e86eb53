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

  /** Time in user mode since the last limit. */
  public long thisPeriodTotalUserTime;

  /** Time in kernel mode since the last limit. */
  public long thisPeriodTotalKernelTime;

  /** Page faults. */
  public int totalPageFaultCount;

  /** All processes that the job has held. */
  public int totalProcesses;

  /** Living processes. */
  public int activeProcesses;

  /** Processes that a limit has ended. */
  public int totalTerminatedProcesses;
}
