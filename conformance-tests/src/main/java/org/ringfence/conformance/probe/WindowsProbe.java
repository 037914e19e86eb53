package org.ringfence.conformance.probe;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Tries one operation and prints {@code RESULT OK} or {@code RESULT DENIED reason}. Exit code 0
 * either way; any other is a fault of the probe.
 */
public final class WindowsProbe {
  private static final int SECONDS = 30;

  private WindowsProbe() {}

  /** An operation; denied when it throws an {@link AccessDeniedException} or a socket's error. */
  private interface Attempt {
    /** Tries it. */
    void attempt(String[] arguments) throws Exception;
  }

  /**
   * Runs the probe.
   *
   * @param args the operation's name and its arguments
   * @throws Exception if the probe itself is at fault
   */
  public static void main(String[] args) throws Exception {
    Attempt operation = operations().get(args[0]);
    if (operation == null) {
      throw new IllegalArgumentException("no operation " + args[0]);
    }
    String result;
    try {
      operation.attempt(Arrays.copyOfRange(args, 1, args.length));
      result = "OK 0";
    } catch (AccessDeniedException | SocketException e) {
      result = "DENIED " + e.getClass().getSimpleName();
    }
    System.out.println("RESULT " + result);
    System.out.flush();
  }

  static Map<String, Attempt> operations() {
    Map<String, Attempt> all = new TreeMap<>();
    all.put("create", a -> Files.writeString(path(a[0]), "x", StandardOpenOption.CREATE_NEW));
    all.put("overwrite", a -> Files.writeString(path(a[0]), "x", StandardOpenOption.WRITE));
    all.put("append", a -> Files.writeString(path(a[0]), "x", StandardOpenOption.APPEND));
    all.put("stream", a -> opened(a[0] + ":ringfence"));
    all.put("raw-name", a -> opened("\\\\?\\" + a[0]));
    all.put("mkdir", a -> Files.createDirectory(path(a[0])));
    all.put("delete", a -> Files.delete(path(a[0])));
    all.put(
        "delete-and-create",
        a -> {
          Files.delete(path(a[0]));
          Files.writeString(path(a[0]), "x", StandardOpenOption.CREATE_NEW);
        });
    all.put("rename", a -> Files.move(path(a[0]), path(a[1]), StandardCopyOption.ATOMIC_MOVE));
    all.put("link", a -> Files.createLink(path(a[1]), path(a[0])));
    all.put("attributes", a -> Files.setAttribute(path(a[0]), "dos:hidden", true));
    all.put("read", a -> Files.readAllBytes(path(a[0])));
    all.put("list", a -> Files.list(path(a[0])).close());
    all.put("connect", a -> connect(Integer.parseInt(a[0])));
    all.put("run", WindowsProbe::run);
    all.put("junction-then-create", WindowsProbe::throughJunction);
    return all;
  }

  private static Path path(String text) {
    return Path.of(text);
  }

  /** Opens names that Java's paths do not support: streams and raw names. */
  private static void opened(String name) throws IOException {
    try (java.io.FileOutputStream out = new java.io.FileOutputStream(name, true)) {
      out.write('x');
    } catch (java.io.FileNotFoundException e) {
      throw new AccessDeniedException(name);
    }
  }

  private static void connect(int port) throws IOException {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress("127.0.0.1", port), SECONDS * 1000);
    }
  }

  /** Runs a system program whose exit code reports whether it had access. */
  private static void run(String[] command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    process.getOutputStream().close();
    if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IOException(command[0] + " does not end");
    }
    if (process.exitValue() != 0) {
      throw new AccessDeniedException(
          command[0].toLowerCase(Locale.ROOT) + " exited with " + process.exitValue());
    }
  }

  /** Makes a junction in a writable place and opens a file through it. */
  private static void throughJunction(String[] a) throws IOException, InterruptedException {
    run(new String[] {"cmd.exe", "/d", "/c", "mklink", "/J", a[0], a[1]});
    Files.writeString(path(a[0]).resolve(a[2]), "x", StandardOpenOption.CREATE_NEW);
  }
}
