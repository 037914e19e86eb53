package org.ringfence.windows.bind;

import static org.ringfence.windows.bind.NativeWindows.check;
import static org.ringfence.windows.bind.NativeWindows.handle;
import static org.ringfence.windows.bind.NativeWindows.owned;

import com.sun.jna.Memory;
import com.sun.jna.platform.win32.WinNT.HANDLE;
import com.sun.jna.ptr.IntByReference;
import java.util.OptionalLong;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.JobLimits;
import org.ringfence.windows.system.Jobs;
import org.ringfence.windows.system.WindowsCallException;

final class NativeJobs implements Jobs {
  /** {@code JobObjectBasicUIRestrictions}. */
  private static final int UI_RESTRICTIONS = 4;

  private static final int NANOS_OF_A_TICK = 100;
  private static final Kernel32Calls KERNEL = Kernel32Calls.INSTANCE;

  @Override
  public Handle create() throws WindowsCallException {
    HANDLE job = KERNEL.CreateJobObjectW(null, null);
    check(job != null, "CreateJobObjectW");
    return owned(job);
  }

  @Override
  public Handle createForRunner() throws WindowsCallException {
    Handle job = create();
    JobObjectExtendedLimitInformation information = new JobObjectExtendedLimitInformation();
    information.limitFlags =
        JobObjectExtendedLimitInformation.KILL_ON_JOB_CLOSE
            | JobObjectExtendedLimitInformation.BREAKAWAY_OK;
    information.write();
    boolean done = false;
    try {
      check(
          KERNEL.SetInformationJobObject(
              handle(job),
              JobObjectExtendedLimitInformation.CLASS,
              information.getPointer(),
              information.size()),
          "SetInformationJobObject");
      done = true;
      return job;
    } finally {
      if (!done) {
        job.close();
      }
    }
  }

  @Override
  public void add(Handle job, Handle process) throws WindowsCallException {
    check(
        KERNEL.AssignProcessToJobObject(handle(job), handle(process)), "AssignProcessToJobObject");
  }

  @Override
  public void limit(Handle job, JobLimits limits) throws WindowsCallException {
    JobObjectExtendedLimitInformation information = new JobObjectExtendedLimitInformation();
    information.limitFlags =
        JobObjectExtendedLimitInformation.DIE_ON_UNHANDLED_EXCEPTION
            | (limits.killOnClose() ? JobObjectExtendedLimitInformation.KILL_ON_JOB_CLOSE : 0);
    limits
        .processes()
        .ifPresent(
            count -> {
              information.limitFlags |= JobObjectExtendedLimitInformation.ACTIVE_PROCESS;
              information.activeProcessLimit = (int) count;
            });
    limits
        .memory()
        .ifPresent(
            bytes -> {
              information.limitFlags |= JobObjectExtendedLimitInformation.JOB_MEMORY;
              information.jobMemoryLimit = bytes;
            });
    limits
        .processCpuNanos()
        .ifPresent(
            nanos -> {
              information.limitFlags |= JobObjectExtendedLimitInformation.PROCESS_TIME;
              information.perProcessUserTimeLimit = nanos / NANOS_OF_A_TICK;
            });
    information.write();
    check(
        KERNEL.SetInformationJobObject(
            handle(job),
            JobObjectExtendedLimitInformation.CLASS,
            information.getPointer(),
            information.size()),
        "SetInformationJobObject");
    if (limits.userInterface() != 0) {
      try (Memory mask = new Memory(Integer.BYTES)) {
        mask.setInt(0, limits.userInterface());
        check(
            KERNEL.SetInformationJobObject(handle(job), UI_RESTRICTIONS, mask, Integer.BYTES),
            "SetInformationJobObject");
      }
    }
  }

  @Override
  public JobLimits limits(Handle job) throws WindowsCallException {
    JobObjectExtendedLimitInformation information = new JobObjectExtendedLimitInformation();
    query(job, JobObjectExtendedLimitInformation.CLASS, information);
    int flags = information.limitFlags;
    return new JobLimits(
        (flags & JobObjectExtendedLimitInformation.KILL_ON_JOB_CLOSE) != 0,
        present(
            flags,
            JobObjectExtendedLimitInformation.ACTIVE_PROCESS,
            information.activeProcessLimit),
        present(flags, JobObjectExtendedLimitInformation.JOB_MEMORY, information.jobMemoryLimit),
        present(
            flags,
            JobObjectExtendedLimitInformation.PROCESS_TIME,
            information.perProcessUserTimeLimit * NANOS_OF_A_TICK),
        userInterface(job));
  }

  /** Returns 0 when the system does not report these limits: it may not have them. */
  private static int userInterface(Handle job) {
    try (Memory mask = new Memory(Integer.BYTES)) {
      return KERNEL.QueryInformationJobObject(
              handle(job), UI_RESTRICTIONS, mask, Integer.BYTES, new IntByReference())
          ? mask.getInt(0)
          : 0;
    }
  }

  private static OptionalLong present(int flags, int flag, long value) {
    return (flags & flag) == 0 ? OptionalLong.empty() : OptionalLong.of(value);
  }

  private static void query(Handle job, int informationClass, Win32Structure information)
      throws WindowsCallException {
    check(
        KERNEL.QueryInformationJobObject(
            handle(job),
            informationClass,
            information.getPointer(),
            information.size(),
            new IntByReference()),
        "QueryInformationJobObject");
    information.read();
  }

  @Override
  public boolean contains(Handle process, Handle job) throws WindowsCallException {
    IntByReference result = new IntByReference();
    check(KERNEL.IsProcessInJob(handle(process), handle(job), result), "IsProcessInJob");
    return result.getValue() != 0;
  }

  @Override
  public int activeProcesses(Handle job) throws WindowsCallException {
    JobObjectBasicAccountingInformation information = new JobObjectBasicAccountingInformation();
    query(job, JobObjectBasicAccountingInformation.CLASS, information);
    return information.activeProcesses;
  }

  @Override
  public Used used(Handle job) throws WindowsCallException {
    JobObjectBasicAccountingInformation times = new JobObjectBasicAccountingInformation();
    query(job, JobObjectBasicAccountingInformation.CLASS, times);
    JobObjectExtendedLimitInformation memory = new JobObjectExtendedLimitInformation();
    query(job, JobObjectExtendedLimitInformation.CLASS, memory);
    return new Used(
        (times.totalUserTime + times.totalKernelTime) * NANOS_OF_A_TICK, memory.peakJobMemoryUsed);
  }

  @Override
  public void terminate(Handle job, int exitCode) throws WindowsCallException {
    check(KERNEL.TerminateJobObject(handle(job), exitCode), "TerminateJobObject");
  }
}
