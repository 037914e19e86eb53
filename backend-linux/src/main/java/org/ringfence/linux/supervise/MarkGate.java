package org.ringfence.linux.supervise;

import java.util.Optional;
import java.util.Set;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.task.MarkedProcesses;
import org.ringfence.linux.task.ProcessMarks;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;

/**
 * Gives the first process of a command its mark, and keeps account of the groups of its processes,
 * none of which is made while they are killed. Its decisions rest on registers and on the caller's
 * mark, which no command can change. Thread-safe.
 */
final class MarkGate {
  private final TargetMemory child;
  private final ProcessMarks marks;
  private final Set<SupervisedCommand> commands;
  private final int jvm = (int) ProcessHandle.current().pid();

  /**
   * Makes the gate of a sandbox.
   *
   * @param commands the running commands
   */
  MarkGate(Kernel kernel, ProcessMarks marks, Set<SupervisedCommand> commands) {
    this.child = new TargetMemory(kernel);
    this.marks = marks;
    this.commands = commands;
  }

  /**
   * Handles an execve: a process without a mark is one that a command thread of this JVM has made.
   *
   * @return whether the call may continue; if not, it is answered
   */
  boolean admits(Syscall syscall, SyscallNotification call) {
    if (marks.include(marks.of(call.tid()))) {
      return true;
    }
    long arguments = call.argument(syscall == Syscall.EXECVEAT ? 2 : 1);
    for (SupervisedCommand command : commands) {
      Optional<MarkedProcesses> marked = command.marked();
      if (marked.isPresent() && command.executes(arguments)) {
        long result = marks.set(call.tid(), marked.get().mark());
        if (result < 0) {
          call.result(result);
          return false;
        }
        if (!addGroup(call, marked.get())) {
          call.fail(Errno.EAGAIN);
          return false;
        }
        return true;
      }
    }
    call.fail(Errno.EPERM);
    return false;
  }

  /**
   * Adds the group of a command's first process, unless that is still this JVM's.
   *
   * @return false if the watchdog does not hear of it
   */
  private boolean addGroup(SyscallNotification call, MarkedProcesses marked) {
    try {
      int group = child.group(call.tid());
      // A command that is being killed is found by its first process.
      return group == child.group(jvm) || marked.addGroup(group) || marked.isEnding();
    } catch (AccessException e) {
      // It has been killed.
      return true;
    }
  }

  /**
   * Answers a call that makes or changes a group. The kernel makes it, with numbers from registers;
   * before that the group is one of the command's, so that none is unknown. A process without a
   * mark is the first one, before its execve.
   */
  void groups(Syscall syscall, SyscallNotification call) {
    long mark = marks.of(call.tid());
    if (!marks.include(mark)) {
      call.proceed();
      return;
    }
    try {
      int process = child.processOf(call.tid());
      call.live();
      int group = process;
      if (syscall == Syscall.SETPGID) {
        int moved = call.intArgument(0) == 0 ? process : call.intArgument(0);
        group = call.intArgument(1) == 0 ? moved : call.intArgument(1);
      }
      for (SupervisedCommand command : commands) {
        Optional<MarkedProcesses> marked = command.marked();
        if (marked.isPresent() && marked.get().mark() == mark) {
          // Of another session's group the kernel would say the same.
          boolean own = marked.get().knowsGroup(group) || marks.of(group) == mark;
          if (group <= 0 || own && marked.get().addGroup(group)) {
            call.proceed();
          } else {
            call.fail(Errno.EPERM);
          }
          return;
        }
      }
      call.fail(Errno.EPERM);
    } catch (AccessException e) {
      call.result(e.result());
    }
  }
}
