package org.ringfence.windows.setup;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.ringfence.SandboxException;
import org.ringfence.spi.MachineState.Finding;
import org.ringfence.windows.acl.AccessControlList;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.channel.FrameChannel;
import org.ringfence.windows.channel.message.Message;
import org.ringfence.windows.command.PipeStreams;
import org.ringfence.windows.plan.ClientAccounts;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.NamedPipes;
import org.ringfence.windows.system.NamedPipes.Direction;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsSystem;

/** Performs the task of an elevated process for the process that prompted the user. */
public final class ElevatedTask {
  private final WindowsSystem windows;
  private final MachineDirectory machine;

  /**
   * Prepares a task.
   *
   * @param windows the system
   * @param machine the state of all clients
   */
  public ElevatedTask(WindowsSystem windows, MachineDirectory machine) {
    this.windows = windows;
    this.machine = machine;
  }

  /**
   * Connects, performs the task, and reports the result.
   *
   * @param pipes the name of both pipes, without their ends
   * @throws IOException if a message of the other side is invalid
   * @throws WindowsCallException if the pipes cannot be opened
   */
  public void run(String pipes) throws IOException, WindowsCallException {
    NamedPipes named = windows.administration().pipes();
    try (Handle up = named.open(pipes + "-up", Direction.IN);
        Handle down = named.open(pipes + "-down", Direction.OUT)) {
      FrameChannel channel =
          new FrameChannel(
              PipeStreams.input(windows.processes(), down),
              PipeStreams.output(windows.processes(), up));
      Optional<Message> asked = channel.receive();
      if (asked.isEmpty() || !(asked.get() instanceof Message.Task task)) {
        throw new IOException("nothing is asked");
      }
      String failure = "";
      try {
        for (Finding finding : done(task, user(named, down))) {
          channel.send(new Message.Found(finding.fine(), finding.text()));
        }
      } catch (SandboxException e) {
        failure = String.valueOf(e.getMessage());
      }
      channel.send(new Message.Finished(failure));
    }
  }

  /**
   * Returns the user of the requesting process: the administrator at the prompt may be another
   * user, to whom that process's token is closed. The owner of a pipe is the user who made it, and
   * only a privilege gives another one; an elevated process makes objects that belong to the
   * administrators, and has the same user as this one.
   */
  private Sid user(NamedPipes named, Handle pipe) throws WindowsCallException {
    Optional<Sid> owner = AccessControlList.ownerOf(windows.security().descriptor(pipe));
    if (owner.isPresent() && !owner.get().equals(Sid.ADMINISTRATORS)) {
      return owner.get();
    }
    try (Handle token = windows.tokens().of(named.server(pipe))) {
      return windows.tokens().facts(token).user();
    }
  }

  private List<Finding> done(Message.Task task, Sid user) throws SandboxException {
    if (task.version() != Message.VERSION) {
      throw new SandboxException("set-up: version " + task.version() + " is not spoken here");
    }
    if (!ClientAccounts.id(user, task.home()).equals(task.client())) {
      throw new SandboxException(
          "set-up: client " + task.client() + " is not that of " + user + " in " + task.home());
    }
    Provisioning provisioning = new Provisioning(windows, machine);
    return switch (task.verb()) {
      case "setup" ->
          provisioning.setup(
              new SetupRequest(
                  user,
                  task.home(),
                  task.network(),
                  task.rotate(),
                  task.offlinePassword(),
                  task.onlinePassword(),
                  task.javaHome(),
                  task.libraries()));
      case "repair" -> provisioning.repair();
      case "teardown" -> provisioning.teardown(task.client());
      default -> throw new SandboxException("set-up: '" + task.verb() + "' is nothing to do");
    };
  }
}
