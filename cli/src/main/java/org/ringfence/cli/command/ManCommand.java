package org.ringfence.cli.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.ringfence.cli.completion.ManPage;
import org.ringfence.cli.report.ExitCode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes the man pages. */
@Command(
    name = "man",
    mixinStandardHelpOptions = true,
    description = {
      "Writes the pages of the manual into a directory, one for each command; without one prints the"
          + " first of them.",
      "  ringfence man | man -l -",
      "  ringfence man ~/.local/share/man/man1"
    })
public final class ManCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "DIR", arity = "0..1", description = "Made where it is missing.")
  private Path directory;

  @Override
  public Integer call() throws IOException {
    List<ManPage> pages = ManPage.all(spec.root());
    PrintWriter out = spec.commandLine().getOut();
    if (directory == null) {
      out.print(pages.get(0).roff());
    } else {
      Files.createDirectories(directory);
      for (ManPage page : pages) {
        Files.writeString(directory.resolve(page.name() + ".1"), page.roff());
      }
      out.println(pages.size() + " pages in " + directory);
    }
    out.flush();
    return ExitCode.OK;
  }
}
