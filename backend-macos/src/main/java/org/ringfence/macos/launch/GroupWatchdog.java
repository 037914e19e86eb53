package org.ringfence.macos.launch;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A shell that reads the live process groups from this JVM. When the JVM is gone, for any reason,
 * the shell's input ends: it kills those groups and cleans up.
 */
final class GroupWatchdog implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GroupWatchdog.class);
  private static final String SCRIPT =
      "trap '' INT HUP TERM QUIT\n"
          + "live=' '\n"
          + "while read -r what group; do\n"
          + "  case $what in\n"
          + "  +) live=\"$live$group \" ;;\n"
          + "  -) live=\"${live%% \"$group\" *} ${live#* \"$group\" }\" ;;\n"
          + "  done) exit 0 ;;\n"
          + "  esac\n"
          + "done\n"
          + "for group in $live; do kill -s KILL -- \"-$group\"; done\n"
          + "for left; do rm -rf -- \"$left\"; done\n";

  private final Process shell;
  private final OutputStream told;

  private GroupWatchdog(Process shell) {
    this.shell = shell;
    this.told = shell.getOutputStream();
  }

  /**
   * Starts a watchdog.
   *
   * @param left directories to remove when the JVM is gone
   * @return the watchdog
   * @throws IOException if there is no shell
   */
  static GroupWatchdog start(List<String> left) throws IOException {
    List<String> words = new java.util.ArrayList<>(List.of("/bin/sh", "-c", SCRIPT, "ringfence"));
    words.addAll(left);
    ProcessBuilder builder =
        new ProcessBuilder(words).redirectOutput(Redirect.DISCARD).redirectError(Redirect.DISCARD);
    builder.environment().clear();
    builder.environment().put("PATH", "/usr/bin:/bin");
    return new GroupWatchdog(builder.start());
  }

  private synchronized void tell(String line) {
    try {
      told.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
      told.flush();
    } catch (IOException e) {
      LOG.warn("the watchdog has gone: commands may outlive this JVM", e);
    }
  }

  void lives(int group) {
    tell("+ " + group);
  }

  void ended(int group) {
    tell("- " + group);
  }

  @Override
  public void close() {
    tell("done");
    try {
      told.close();
      shell.waitFor();
    } catch (IOException e) {
      shell.destroyForcibly();
    } catch (InterruptedException e) {
      shell.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
