package org.ringfence.benchmarks.soak;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * What each command tries outside its sandbox, and the targets that would show a success: a
 * directory, a process, a listening socket, and a directory of git hooks that the supervisor alone
 * protects.
 */
final class Canary implements AutoCloseable {
  /** What a command prints after a success. */
  static final String ESCAPED = "ESCAPED";

  /**
   * A function of the shell. Arguments of the script: 1 a forbidden directory, 2 a file name, 3 the
   * process, 4 the port, 5 the workspace.
   */
  static final String FUNCTION =
      "canary() { (echo x >\"$1/$2\") 2>/dev/null && echo ESCAPED write;"
          + " (echo x >\"$5/.git/hooks/$2\") 2>/dev/null && echo ESCAPED hook;"
          + " kill -9 \"$3\" 2>/dev/null && echo ESCAPED signal;"
          + " (exec 3<>\"/dev/tcp/127.0.0.1/$4\") 2>/dev/null && echo ESCAPED connect; :; }; ";

  private static final List<String> ALL =
      List.of("ESCAPED write", "ESCAPED hook", "ESCAPED signal", "ESCAPED connect");

  private final Path forbidden;
  private final ServerSocket listener;
  private final AtomicInteger connections = new AtomicInteger();
  private final List<Path> hooks = new ArrayList<>();
  private Process decoy;

  /**
   * Makes the targets.
   *
   * @param forbidden an empty directory that this user can write
   */
  Canary(Path forbidden) throws IOException {
    this.forbidden = forbidden;
    this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread thread = new Thread(this::accept, "canary");
    thread.setDaemon(true);
    thread.start();
    renew();
  }

  private void renew() throws IOException {
    decoy = new ProcessBuilder("/bin/sleep", "1000000").start();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try (Socket socket = listener.accept()) {
        connections.incrementAndGet();
      } catch (IOException e) {
        // Closed at the end.
        return;
      }
    }
  }

  /** Makes the beginnings of a repository in a workspace, whose hooks are watched from now on. */
  void workspace(Path workspace) throws IOException {
    Path git = workspace.resolve(".git");
    for (String name : List.of("objects", "refs", "hooks")) {
      Files.createDirectories(git.resolve(name));
    }
    Files.writeString(git.resolve("HEAD"), "ref: refs/heads/main\n");
    Files.writeString(workspace.resolve("key.secret"), "a secret\n");
    hooks.add(git.resolve("hooks"));
  }

  /** Returns the arguments of the function for a workspace; the file name is the command's. */
  List<String> arguments(Path workspace, String name) {
    return List.of(
        forbidden.toString(),
        name,
        Long.toString(decoy.pid()),
        Integer.toString(listener.getLocalPort()),
        workspace.toString());
  }

  long decoyPid() {
    return decoy.pid();
  }

  /** Shows that each attempt succeeds outside a sandbox, and that its success is seen here. */
  void control(Path workspace) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(List.of("/bin/bash", "-c", FUNCTION + "canary \"$@\"", "bash"));
    command.addAll(arguments(workspace, "control"));
    Process process = new ProcessBuilder(command).start();
    List<String> said = new String(process.getInputStream().readAllBytes()).lines().toList();
    process.waitFor();
    decoy.waitFor(10, TimeUnit.SECONDS);
    for (int i = 0; connections.get() == 0 && i < 100; i++) {
      Thread.sleep(20);
    }
    List<String> seen = problems();
    if (!said.equals(ALL) || seen.size() != ALL.size()) {
      throw new IllegalStateException("the canary does not work: " + said + ", seen: " + seen);
    }
    Files.delete(forbidden.resolve("control"));
    Files.delete(workspace.resolve(".git/hooks/control"));
    connections.set(0);
    renew();
  }

  /** Returns the traces of commands outside their sandbox. */
  List<String> problems() {
    List<String> problems = new ArrayList<>();
    names(forbidden).forEach(name -> problems.add("written outside: " + name));
    hooks.forEach(each -> names(each).forEach(name -> problems.add("a hook was made: " + name)));
    if (!decoy.isAlive()) {
      problems.add("the process outside was killed");
    }
    if (connections.get() > 0) {
      problems.add(connections.get() + " connections to the socket outside");
    }
    return problems;
  }

  private static List<String> names(Path directory) {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(directory)) {
      return all.map(path -> path.getFileName().toString()).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    decoy.destroyForcibly();
  }
}
