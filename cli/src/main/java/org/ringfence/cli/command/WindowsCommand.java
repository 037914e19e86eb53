package org.ringfence.cli.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import org.ringfence.Backends;
import org.ringfence.SandboxException;
import org.ringfence.cli.report.ExitCode;
import org.ringfence.cli.terminal.Columns;
import org.ringfence.cli.terminal.Palette;
import org.ringfence.policy.value.InvalidPolicyException;
import org.ringfence.spi.HostSystem;
import org.ringfence.spi.MachineState;
import org.ringfence.spi.MachineState.Finding;
import org.ringfence.spi.MachineState.Setup;
import org.ringfence.spi.SandboxBackend;
import org.ringfence.spi.Verification;
import org.ringfence.text.Printable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Sets up, shows and removes the changes of sandboxes on a Windows machine. */
@Command(
    name = "windows",
    mixinStandardHelpOptions = true,
    description = {
      "Sets up, shows and removes the changes that sandboxes make to a Windows machine: users of their own,"
          + " entries on the lists of writable roots, and traces of a crash. Each subcommand exits with 1 when"
          + " something is not as it should be.",
      ""
    },
    synopsisSubcommandLabel = "COMMAND")
public final class WindowsCommand implements Runnable {
  @Spec private CommandSpec spec;

  private interface Task {
    List<Finding> run(MachineState state) throws SandboxException;
  }

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  @Command(
      name = "setup",
      mixinStandardHelpOptions = true,
      description = {
        "Sets up users of the sandbox's own for the backend dedicated-user, or the missing ones"
            + " of these: two local users and their group, rights, firewall rules and filters. Asks"
            + " for an administrator's rights, once. May be run again at any time.",
        ""
      })
  int setup(
      @Option(
              names = "--files-only",
              description =
                  "Leave firewall and filters alone: policies that close the network are refused.")
          boolean filesOnly,
      @Option(
              names = "--new-passwords",
              description = "Give the users new passwords, although the old ones are kept.")
          boolean rotate)
      throws SandboxException {
    return print(state -> state.setup(new Setup(filesOnly, rotate)), "nothing was to be done");
  }

  @Command(
      name = "status",
      mixinStandardHelpOptions = true,
      description = {
        "Shows the recorded state: the expected and the found values. Changes nothing.",
        ""
      })
  int status(
      @Parameters(
              arity = "0..*",
              paramLabel = "DIRECTORY",
              description = "Look through these for entries that no record tells of, too.")
          List<Path> sweep)
      throws SandboxException {
    return print(state -> state.status(directories(sweep)), "nothing is kept on this machine");
  }

  @Command(
      name = "repair",
      mixinStandardHelpOptions = true,
      description = {"Cleans up after processes that died before cleaning up.", ""})
  int repair(
      @Parameters(
              arity = "0..*",
              paramLabel = "DIRECTORY",
              description = "Remove entries that no record tells of from these, too.")
          List<Path> sweep)
      throws SandboxException {
    return print(state -> state.repair(directories(sweep)), "nothing was left");
  }

  @Command(
      name = "gc",
      mixinStandardHelpOptions = true,
      description = {
        "Removes all that nothing can use any more, and does the work of 'repair'.",
        ""
      })
  int gc() throws SandboxException {
    return print(MachineState::collect, "nothing was left");
  }

  @Command(
      name = "teardown",
      mixinStandardHelpOptions = true,
      description = {
        "Takes everything back, to the bit where no other program has changed it since. Open"
            + " sandboxes lose their rights.",
        ""
      })
  int teardown() throws SandboxException {
    return print(MachineState::teardown, "nothing is kept on this machine");
  }

  @Command(
      name = "selftest",
      mixinStandardHelpOptions = true,
      description = {
        "Attacks each available mode with the conformance suite, tries common tools in each, and writes"
            + " ringfence-selftest.json and ringfence-selftest.txt: attach them to an issue. The result is kept with"
            + " the build of this Windows, and plans carry a remark until a mode has passed on it. Takes about ten"
            + " minutes. Exits with 1 when a case failed, with 3 when no mode was tried.",
        ""
      })
  int selftest(
      @Option(
              names = {"-o", "--output"},
              paramLabel = "DIRECTORY",
              description = "Write the reports here (default: the current directory).")
          Path directory)
      throws IOException {
    Path place = directory == null ? Path.of("") : directory;
    directories(directory == null ? List.of() : List.of(directory));
    Verification suite =
        ServiceLoader.load(Verification.class)
            .findFirst()
            .orElseThrow(() -> new SandboxException("selftest: the conformance suite is missing"));
    state();
    List<SandboxBackend> modes =
        Backends.load().all().stream()
            .filter(backend -> backend.info().system() == HostSystem.WINDOWS)
            .toList();
    VerifyProgress progress =
        new VerifyProgress(
            Columns.onTerminal() ? Optional.of(spec.commandLine().getErr()) : Optional.empty(),
            Optional.empty(),
            System::nanoTime);
    FirstRun run = new FirstRun("ringfence-selftest", suite, List.of(), 1, modes);
    Path json = place.resolve("ringfence-selftest.json");
    FirstRun.Reports reports =
        run.run(progress, part -> FirstRun.write(json, to -> to.append(part)));
    progress.over();
    FirstRun.write(json, to -> to.append(reports.json()));
    FirstRun.write(place.resolve("ringfence-selftest.txt"), to -> to.append(reports.text()));
    PrintWriter out = spec.commandLine().getOut();
    out.print(reports.text());
    out.flush();
    return reports.code();
  }

  private static List<Path> directories(List<Path> given) {
    List<Path> directories = given == null ? List.of() : given;
    for (Path directory : directories) {
      if (!Files.isDirectory(directory)) {
        throw new InvalidPolicyException(
            "directory", directory.toString(), "a directory that exists");
      }
    }
    return directories;
  }

  private static MachineState state() throws SandboxException {
    return ServiceLoader.load(MachineState.class).stream()
        .map(ServiceLoader.Provider::get)
        .filter(one -> one.system().equals("windows"))
        .findFirst()
        .orElseThrow(() -> new SandboxException("backend-windows is not on the class path"));
  }

  private int print(Task task, String nothing) throws SandboxException {
    List<Finding> findings = task.run(state());
    PrintWriter out = spec.commandLine().getOut();
    Palette palette = Palette.ofThisTerminal();
    findings.forEach(
        finding ->
            out.println(
                palette.answer(finding.fine(), finding.fine() ? "ok   " : "wrong")
                    + " "
                    + Printable.of(finding.text())));
    if (findings.isEmpty()) {
      out.println(nothing);
    }
    out.flush();
    return findings.stream().allMatch(Finding::fine) ? ExitCode.OK : ExitCode.NO;
  }
}
