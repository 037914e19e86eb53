package org.ringfence.windows.system;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.ringfence.windows.acl.AccessControlList;
import org.ringfence.windows.mitigation.ProcessMitigation;

/** Jobs and processes of a {@link FakeWindows}. */
final class FakeJobs implements Jobs {
  private final FakeWindows windows;

  FakeJobs(FakeWindows windows) {
    this.windows = windows;
  }

  @Override
  public Handle create() throws WindowsCallException {
    windows.call("CreateJobObjectW");
    return windows.handle(new FakeJob());
  }

  @Override
  public Handle createForRunner() throws WindowsCallException {
    Handle job = create();
    windows.object(job, FakeJob.class).limits =
        new JobLimits(true, OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty(), 0);
    return job;
  }

  @Override
  public void add(Handle job, Handle process) throws WindowsCallException {
    windows.call("AssignProcessToJobObject");
    windows.object(job, FakeJob.class).processes.add(windows.object(process, FakeProcess.class));
  }

  @Override
  public void limit(Handle job, JobLimits limits) throws WindowsCallException {
    windows.call("SetInformationJobObject");
    if (!windows.forgetful) {
      windows.object(job, FakeJob.class).limits = limits;
    }
  }

  @Override
  public JobLimits limits(Handle job) throws WindowsCallException {
    windows.call("QueryInformationJobObject");
    return windows.object(job, FakeJob.class).limits;
  }

  @Override
  public boolean contains(Handle process, Handle job) throws WindowsCallException {
    windows.call("IsProcessInJob");
    return windows
        .object(job, FakeJob.class)
        .processes
        .contains(windows.object(process, FakeProcess.class));
  }

  @Override
  public int activeProcesses(Handle job) {
    return (int)
        windows.object(job, FakeJob.class).processes.stream()
            .filter(process -> process.code == Processes.STILL_ACTIVE)
            .count();
  }

  @Override
  public Used used(Handle job) throws WindowsCallException {
    windows.call("QueryInformationJobObject (usage)");
    return new Used(
        1_500_000L * windows.object(job, FakeJob.class).processes.size(), windows.peakMemory);
  }

  @Override
  public void terminate(Handle job, int exitCode) throws WindowsCallException {
    windows.call("TerminateJobObject");
    windows.object(job, FakeJob.class).processes.forEach(process -> process.end(exitCode));
  }

  static final class FakeJob {
    JobLimits limits =
        new JobLimits(false, OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty(), 0);
    final List<FakeProcess> processes = new ArrayList<>();
  }

  static final class FakeProcess {
    final TokenFacts token;

    /** The list of the process's token. */
    final AccessControlList tokenList;

    final Integer scripted;
    final CountDownLatch ended = new CountDownLatch(1);
    volatile int code = Processes.STILL_ACTIVE;
    Set<ProcessMitigation> mitigations = Set.of();

    FakeProcess(TokenFacts token, AccessControlList tokenList, Integer scripted) {
      this.token = token;
      this.tokenList = tokenList;
      this.scripted = scripted;
    }

    void end(int exitCode) {
      if (code == Processes.STILL_ACTIVE) {
        code = exitCode;
        ended.countDown();
      }
    }
  }
}
