package org.ringfence.cli.command;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.ringfence.Sandbox;
import org.ringfence.cli.policy.PolicyOptions;
import org.ringfence.cli.report.ExitCode;
import org.ringfence.mcp.McpToolServer;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.value.InvalidPolicyException;
import org.ringfence.text.Printable;
import org.ringfence.text.message.BuildVersion;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Serves one sandbox to a client of the Model Context Protocol. */
@Command(
    name = "mcp",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Serves one sandbox to an MCP client over standard input and output: the tools run_command,"
          + " read_denials and explain.",
      "The end of the input ends every command. To wrap another MCP server, use 'ringfence run --mcp'.",
      "docs/mcp.md has the settings of clients.",
      ""
    })
public final class McpCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private PolicyOptions options;

  @Option(
      names = "--report",
      description =
          "Let read_denials have files that could not be opened, too. Looks at every open of a file,"
              + " which costs the commands some time.")
  private boolean report;

  @Override
  public Integer call() throws IOException, InterruptedException {
    demandFile(spec);
    PrintWriter err = spec.commandLine().getErr();
    options
        .unusedProject()
        .ifPresent(file -> err.println("ringfence: " + Printable.of(PolicyOptions.unused(file))));
    SandboxPolicy policy = options.policy();
    FileOutputStream out = new FileOutputStream(FileDescriptor.out);
    // Messages alone may reach the client's end of this stream.
    System.setOut(System.err);
    McpToolServer server;
    try {
      server =
          McpToolServer.over(
              Sandbox.opener(policy).workspace(options.workspace()).backend(options.backend()),
              report ? McpToolServer.Denials.ALL : McpToolServer.Denials.DECIDED,
              BuildVersion.of(McpCommand.class).orElse("(not packaged)"),
              new FileInputStream(FileDescriptor.in),
              out);
    } catch (InvalidPolicyException e) {
      throw options.placed(e);
    }
    Runtime.getRuntime().addShutdownHook(new Thread(server::close, "mcp-end"));
    server.serve();
    return ExitCode.OK;
  }

  /** Refuses a policy from the stream that belongs to the protocol. */
  static void demandFile(CommandSpec spec) {
    List<String> named = spec.commandLine().getParseResult().matchedOptionValue("-p", List.of());
    if (named.stream().anyMatch(each -> List.of(each.split(",")).contains("-"))) {
      throw new InvalidPolicyException(
          "--policy", "-", "a file or a preset: standard input belongs to the MCP client");
    }
  }
}
