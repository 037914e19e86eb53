package org.ringfence.benchmarks.soak;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.ringfence.Ending;
import org.ringfence.Result;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxedProcess;
import org.ringfence.TerminalSize;
import org.ringfence.Termination;

/** A kind of command; each tries the canary first, and prints "ran" when it has done its work. */
enum SoakCommand {
  WRITE("echo y >\"$5/$2\" && read -r word <\"$5/$2\" && rm \"$5/$2\" && echo ran"),
  READ_DENIED("cat \"$5/key.secret\" 2>/dev/null && echo ESCAPED read; echo ran"),
  GRANDCHILD("setsid bash -c \"$0\" bash \"$@\" >/dev/null 2>&1 & echo ran"),
  STORM("for i in 1 2 3 4 5 6; do (setsid sleep 1000 &) ; done; echo ran"),
  FLOOD("head -c 300000 /dev/zero | tr '\\0' x; echo; echo ran"),
  TERMINAL("[ -t 1 ] && echo ran"),
  WALL_TIME("echo ran; sleep 1000"),
  DESTROYED("trap '' TERM; echo ran; sleep 1000");

  private static final int MOST_SHOWN = 200;
  private static final int FLOOD_BYTES = 300_000;
  private static final Duration SHORT = Duration.ofMillis(150);

  // A process that tries the canary again and again, until it is killed.
  private static final String LOOP =
      Canary.FUNCTION + "while :; do canary \"$@\" >/dev/null; sleep 0.05; done";

  private final String work;

  SoakCommand(String work) {
    this.work = work;
  }

  /** How a command ended. */
  enum Verdict {
    /** As it should. */
    OK,
    /** Otherwise, as a command does when one of its processes is killed or a system is full. */
    DISTURBED,
    /** Outside its sandbox. */
    ESCAPED
  }

  /**
   * The end of a command.
   *
   * @param verdict its judgement
   * @param detail for people
   */
  record Outcome(Verdict verdict, String detail) {}

  /**
   * Runs the command.
   *
   * @param canary the arguments of the canary
   * @throws IOException if it is refused
   */
  Outcome run(Sandbox sandbox, List<String> canary, Random random)
      throws IOException, InterruptedException {
    List<String> words =
        new ArrayList<>(
            List.of("/bin/bash", "-c", Canary.FUNCTION + "canary \"$@\"; " + work, LOOP));
    words.addAll(canary);
    SandboxCommand command = SandboxCommand.of(words);
    return switch (this) {
      case DESTROYED -> destroyed(sandbox.start(command.redirectErrorStream(true)), random);
      case WALL_TIME -> verdict(sandbox.run(command.timeout(SHORT)));
      case TERMINAL -> verdict(sandbox.run(command.terminal(TerminalSize.USUAL)));
      default -> verdict(sandbox.run(command));
    };
  }

  private Outcome verdict(Result result) {
    String said = result.stdout().text();
    boolean ran =
        said.strip().endsWith("ran")
            && (this != FLOOD || said.length() > FLOOD_BYTES)
            && result.succeeded();
    // On a busy machine its time may be up before it has printed anything.
    boolean usual = this == WALL_TIME ? result.ending() instanceof Ending.TimedOut : ran;
    return outcome(said, usual, result.ending().describe() + result.stderr().lastLines(3));
  }

  private static Outcome destroyed(SandboxedProcess process, Random random)
      throws IOException, InterruptedException {
    try (OutputStream input = process.getOutputStream();
        InputStream output = process.getInputStream()) {
      input.flush();
      Thread.sleep(random.nextInt(60));
      process.destroyForcibly();
      String said = new String(output.readAllBytes());
      process.waitFor();
      Termination how = process.termination().orElseThrow();
      return outcome(said, how.cause() == Termination.Cause.DESTROYED, how.toString());
    }
  }

  private static Outcome outcome(String said, boolean usual, String ending) {
    Verdict verdict =
        said.contains(Canary.ESCAPED) ? Verdict.ESCAPED : usual ? Verdict.OK : Verdict.DISTURBED;
    return new Outcome(
        verdict, ending + " " + said.substring(Math.max(0, said.length() - MOST_SHOWN)));
  }
}
