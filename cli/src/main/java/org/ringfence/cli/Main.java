package org.ringfence.cli;

import java.io.PrintWriter;
import java.util.Arrays;
import java.util.List;
import org.ringfence.cli.policy.PolicyOptions;
import org.ringfence.cli.report.ExitCode;
import org.ringfence.cli.run.BackendSearch;
import org.ringfence.cli.run.Runner;

/**
 * Starts the command line. This class parses the plain form {@code run [--OPTION VALUE]… --
 * COMMAND…} itself: loading the whole command line takes longer than launching. Every other form,
 * and every mistake, goes to {@link Ringfence}.
 */
public final class Main {
  private static final String LIBRARY_PATH = "jna.platform.library.path";

  private Main() {}

  /**
   * Runs the command line and exits.
   *
   * @param words the arguments
   */
  public static void main(String[] words) {
    if (System.getProperty(LIBRARY_PATH) == null) {
      // JNA would run ldconfig to find library directories; this process has already loaded ours.
      System.setProperty(LIBRARY_PATH, "");
    }
    BackendSearch search =
        words.length > 0 && words[0].equals("run") ? BackendSearch.begin() : null;
    String[] args;
    try {
      args = NativeArguments.of(words);
    } catch (IllegalArgumentException e) {
      System.err.println("ringfence: " + e.getMessage());
      System.exit(ExitCode.OWN_FAILURE);
      return;
    }
    PolicyOptions options = new PolicyOptions();
    int command = plainRun(args, options);
    if (command < 0) {
      Ringfence.main(args);
      return;
    }
    List<String> request = Arrays.asList(args).subList(command, args.length);
    PrintWriter err = new PrintWriter(System.err, true);
    int code;
    try {
      Runner runner = new Runner(options, opener -> opener, false, err).probed(search);
      code = runner.run(request);
      runner.endLikeCommand(code);
    } catch (Exception e) {
      Failures.complain(err, e);
      code = Failures.exitCode(e);
    }
    System.exit(code);
  }

  /** Returns the index of the command in a plain run; -1 for any other form. */
  private static int plainRun(String[] args, PolicyOptions options) {
    if (args.length < 3 || !args[0].equals("run")) {
      return -1;
    }
    int i = 1;
    while (i + 1 < args.length && !args[i].equals("--")) {
      if (!options.accept(args[i], args[i + 1])) {
        return -1;
      }
      i += 2;
    }
    return i + 1 < args.length && args[i].equals("--") ? i + 1 : -1;
  }
}
