package org.ringfence.wsl2.script;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.ringfence.SandboxException;
import org.ringfence.wsl2.distribution.WslProgram;
import org.ringfence.wsl2.plan.WslText;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A guest of scripts in a distribution without Java: one shell that reads a line and answers a
 * line. Its open input keeps all processes there alive. Thread-safe.
 */
final class ScriptGuest implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ScriptGuest.class);
  private static final int ANSWER_SECONDS = 60;
  private static final int CHUNK = 24 * 1024;
  private static final String END = "";

  private final WslProgram program;
  private final String distribution;
  private final String top;
  private final Process process;
  private final LinkedBlockingQueue<String> answers = new LinkedBlockingQueue<>();
  private final AtomicInteger numbers = new AtomicInteger();
  private int unheard;
  private boolean gone;

  private ScriptGuest(WslProgram program, String distribution, String top) throws IOException {
    this.program = program;
    this.distribution = distribution;
    this.top = top;
    this.process = program.start(exec("/bin/sh", top + "/control"), Redirect.DISCARD);
    // The end of wsl.exe ends the guest behind it.
    process.onExit().thenRun(this::close);
    Thread thread = new Thread(this::hear, "ringfence-wsl-script");
    thread.setDaemon(true);
    thread.start();
  }

  /**
   * Starts a guest.
   *
   * @param program {@code wsl.exe}
   * @param distribution the distribution
   * @return the guest, ready
   * @throws SandboxException if it does not start
   */
  static ScriptGuest start(WslProgram program, String distribution) throws SandboxException {
    try {
      String install =
          "control="
              + encoded(resource("script-control.sh"))
              + "\n"
              + "run="
              + encoded(resource("script-run.sh"))
              + "\n"
              + new String(resource("script-install.sh"), StandardCharsets.UTF_8);
      WslProgram.Answer answer =
          program.ask(
              install.getBytes(StandardCharsets.UTF_8),
              "-d",
              distribution,
              "--exec",
              "/bin/sh",
              "-s");
      String text = WslText.of(answer.output());
      String top =
          told(text, "top=")
              .orElseThrow(
                  () ->
                      new SandboxException(
                          distribution
                              + ": "
                              + told(text, "refused=")
                                  .orElse("no directory can be made for the guest's scripts")));
      ScriptGuest guest = new ScriptGuest(program, distribution, top);
      boolean done = false;
      try {
        guest.awaitReady();
        done = true;
        return guest;
      } finally {
        if (!done) {
          guest.close();
        }
      }
    } catch (SandboxException e) {
      throw e;
    } catch (IOException e) {
      throw new SandboxException("wsl.exe: " + e.getMessage(), e);
    }
  }

  private static Optional<String> told(String text, String name) {
    return text.lines()
        .filter(line -> line.startsWith(name))
        .map(line -> line.substring(name.length()).strip())
        .findFirst();
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream script = ScriptGuest.class.getResourceAsStream(name)) {
      if (script == null) {
        throw new IOException(name + " is not in this archive");
      }
      return script.readAllBytes();
    }
  }

  private static String encoded(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  private List<String> exec(String... words) {
    List<String> arguments = new java.util.ArrayList<>(List.of("-d", distribution, "--exec"));
    arguments.addAll(List.of(words));
    return arguments;
  }

  private void hear() {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        answers.add(line.isEmpty() ? " " : line);
      }
    } catch (IOException e) {
      LOG.debug("the guest has gone", e);
    }
    answers.add(END);
  }

  private synchronized void awaitReady() throws SandboxException {
    // Output of wsl.exe itself comes first.
    for (String line = next(); !line.equals("ready"); line = next()) {
      LOG.debug("before the guest: {}", line);
    }
  }

  /** Returns the answer to the last question, after those that no thread waits for any more. */
  private String next() throws SandboxException {
    unheard++;
    String line = END;
    try {
      while (unheard > 0) {
        line = gone ? END : answers.poll(ANSWER_SECONDS, TimeUnit.SECONDS);
        if (line == null) {
          throw new SandboxException("the guest does not answer");
        }
        if (line.isEmpty()) {
          gone = true;
          throw new SandboxException("the guest has ended");
        }
        unheard--;
      }
      return line;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SandboxException("interrupted while the guest was asked", e);
    }
  }

  /**
   * Asks the guest.
   *
   * @param question a line
   * @return the content of a successful answer; empty on failure
   * @throws SandboxException if it has gone
   */
  synchronized Optional<String> ask(String question) throws SandboxException {
    if (question.indexOf('\n') >= 0 || question.indexOf('\0') >= 0) {
      throw new SandboxException("a path with a line break in it cannot be used here");
    }
    try {
      process.getOutputStream().write((question + "\n").getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().flush();
    } catch (IOException e) {
      gone = true;
      throw new SandboxException("the guest has ended", e);
    }
    String answer = next();
    return answer.startsWith("ok") ? Optional.of(answer.substring(2).strip()) : Optional.empty();
  }

  /** As {@link #ask}, for a question that must succeed. */
  String need(String question) throws SandboxException {
    return ask(question)
        .orElseThrow(() -> new SandboxException("the guest fails: " + question.split(" ")[0]));
  }

  /** Asks the guest for a text. */
  String text(String question) throws SandboxException {
    return new String(decoded(need(question)), StandardCharsets.UTF_8);
  }

  /** Decodes an answer of bytes. */
  static byte[] decoded(String answer) throws SandboxException {
    try {
      return Base64.getDecoder().decode(answer);
    } catch (IllegalArgumentException e) {
      throw new SandboxException("the answer of the guest is malformed", e);
    }
  }

  /** Makes a directory of the guest. */
  void make(String name) throws SandboxException {
    need("make " + name);
  }

  /** Puts a file into a directory of the guest. */
  void put(String directory, String name, byte[] content) throws SandboxException {
    int at = 0;
    do {
      int count = Math.min(CHUNK, content.length - at);
      byte[] part = java.util.Arrays.copyOfRange(content, at, at + count);
      need("put " + directory + " " + name + " " + encoded(part));
      at += count;
    } while (at < content.length);
  }

  /** Starts the command in a directory of the guest; its streams are those of the process. */
  Process run(String directory) throws IOException {
    return program.start(exec("/bin/sh", top + "/run", directory), Redirect.PIPE);
  }

  int number() {
    return numbers.incrementAndGet();
  }

  /** Returns the directory of all files of the guest. */
  String top() {
    return top;
  }

  /** Returns the directory above those of all guests of this user, to hide from commands. */
  String all() {
    return top.substring(0, top.lastIndexOf('/'));
  }

  synchronized boolean alive() {
    return !gone && process.isAlive();
  }

  /** Ends the guest, and with it all processes that it has started. */
  @Override
  public void close() {
    try {
      process.getOutputStream().close();
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      process.destroyForcibly();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
