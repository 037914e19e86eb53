package org.ringfence.linux.supervise;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.ringfence.event.Violation;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.SeccompFilter;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.report.Reporter;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.policy.Reason;

/**
 * Refuses the calls that the filter refuses by itself while no listener observes denials, with the
 * same error, and reports them. A command may make such a call any number of times: the first few
 * of each are events, and the others are counted.
 *
 * <p>Thread-safe.
 */
final class ClosedCalls {
  /** The operation of these events; the target is the call's name. */
  private static final String OPERATION = "system-call";

  private static final int MOST_EVENTS = 4;
  private static final int MOST_COMMANDS = 64;

  private final TargetMemory child;
  private final SeccompFilter filter;
  private final Reporter reporter;
  private final Map<Long, Map<Syscall, Integer>> events = new LinkedHashMap<>();

  /**
   * Creates an instance.
   *
   * @param kernel the system calls
   * @param filter the filter that is in force while nothing observes denials
   * @param reporter reports the refusals
   */
  ClosedCalls(Kernel kernel, SeccompFilter filter, Reporter reporter) {
    this.child = new TargetMemory(kernel);
    this.filter = filter;
    this.reporter = reporter;
  }

  /** Refuses a call that is one of these; otherwise returns false. */
  boolean refuses(Syscall syscall, SyscallNotification call) {
    Optional<Errno> error = filter.refusal(syscall, call::argument);
    if (error.isEmpty()) {
      return false;
    }
    if (isAmongTheFirst(syscall, reporter.commandOf(call.tid()))) {
      String name = ClosedCallName.of(syscall, call::argument);
      reporter.violation(
          new Violation(
              OPERATION,
              name,
              call.tid(),
              child.executable(call.tid()),
              new Reason.BySystem(name),
              Violation.Certainty.CERTAIN));
    } else {
      reporter.another();
    }
    call.fail(error.get());
    return true;
  }

  private synchronized boolean isAmongTheFirst(Syscall syscall, long command) {
    Map<Syscall, Integer> counts = events.get(command);
    if (counts == null) {
      if (events.size() >= MOST_COMMANDS) {
        events.remove(events.keySet().iterator().next());
      }
      counts = new EnumMap<>(Syscall.class);
      events.put(command, counts);
    }
    int before = counts.getOrDefault(syscall, 0);
    if (before < MOST_EVENTS) {
      counts.put(syscall, before + 1);
    }
    return before < MOST_EVENTS;
  }
}
