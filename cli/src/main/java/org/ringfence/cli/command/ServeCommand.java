package org.ringfence.cli.command;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.ringfence.cli.report.ExitCode;
import org.ringfence.serve.RpcServer;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Serves sandboxes to a program in another language. */
@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Serves sandboxes to one program: JSON-RPC 2.0 over standard input and output.",
      "One process opens many sandboxes and runs many commands; the end of its input ends them all.",
      "docs/serve.md describes the protocol.",
      ""
    })
public final class ServeCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @ArgGroup(multiplicity = "1")
  private Choice choice;

  /** What to do. */
  private static final class Choice {
    @Option(names = "--stdio", description = "Serve over standard input and output.")
    private boolean stdio;

    @Option(names = "--schema", description = "Print the JSON Schema of the messages.")
    private boolean schema;
  }

  @Override
  public Integer call() throws IOException {
    if (choice.schema) {
      spec.commandLine().getOut().print(RpcServer.schema());
      spec.commandLine().getOut().flush();
      return ExitCode.OK;
    }
    FileOutputStream out = new FileOutputStream(FileDescriptor.out);
    // Messages alone may reach the host's end of this stream.
    System.setOut(System.err);
    RpcServer server = RpcServer.over(new FileInputStream(FileDescriptor.in), out);
    Thread hook = new Thread(server::close, "serve-end");
    Runtime.getRuntime().addShutdownHook(hook);
    server.serve();
    return ExitCode.OK;
  }
}
