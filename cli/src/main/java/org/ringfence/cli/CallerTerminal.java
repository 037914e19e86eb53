package org.ringfence.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.ringfence.SandboxedProcess;
import org.ringfence.TerminalSize;
import org.ringfence.spi.SystemProgram;

/**
 * The terminal that Ringfence itself was started in, in raw mode, so that every key goes to the
 * command's own terminal. Worked by stty(1); restored at the end, however that comes.
 */
final class CallerTerminal implements AutoCloseable {
  private static final int BUFFER = 8192;

  private final String settings;
  private final Thread hook = new Thread(this::restore);
  private final AtomicBoolean restored = new AtomicBoolean();

  private CallerTerminal(String settings) {
    this.settings = settings;
  }

  /** Makes it raw; empty when standard input is no terminal. */
  static Optional<CallerTerminal> raw() throws IOException {
    String settings = stty("-g");
    if (settings.isEmpty()) {
      return Optional.empty();
    }
    CallerTerminal terminal = new CallerTerminal(settings);
    Runtime.getRuntime().addShutdownHook(terminal.hook);
    stty("raw", "-echo");
    return Optional.of(terminal);
  }

  /** Its size, or the usual one. */
  static TerminalSize size() throws IOException {
    String[] words = stty("size").split(" ");
    try {
      return new TerminalSize(Integer.parseInt(words[0]), Integer.parseInt(words[1]));
    } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
      return TerminalSize.USUAL;
    }
  }

  /** Copies to and from a command until its output ends. */
  static void connect(SandboxedProcess process) throws IOException {
    onResize(
        () -> {
          try {
            process.resize(size());
          } catch (IOException e) {
            // It keeps the size that it has.
            return;
          }
        });
    Thread typing = new Thread(() -> copy(System.in, process.getOutputStream()), "typing");
    typing.setDaemon(true);
    typing.start();
    try (InputStream output = process.getInputStream()) {
      byte[] buffer = new byte[BUFFER];
      for (int count = output.read(buffer); count >= 0; count = output.read(buffer)) {
        System.out.write(buffer, 0, count);
        System.out.flush();
      }
    }
  }

  private static void copy(InputStream from, OutputStream to) {
    try (to) {
      byte[] buffer = new byte[BUFFER];
      for (int count = from.read(buffer); count >= 0; count = from.read(buffer)) {
        to.write(buffer, 0, count);
        to.flush();
      }
    } catch (IOException e) {
      // The command has ended.
      return;
    }
  }

  /** By reflection: the class is in every JDK, but not for the compiler to see. */
  private static void onResize(Runnable action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object handling =
          Proxy.newProxyInstance(
              CallerTerminal.class.getClassLoader(),
              new Class<?>[] {handler},
              (proxy, method, arguments) -> {
                if (method.getName().equals("handle")) {
                  action.run();
                }
                return null;
              });
      Method handle = signal.getMethod("handle", signal, handler);
      handle.invoke(null, signal.getConstructor(String.class).newInstance("WINCH"), handling);
    } catch (ClassNotFoundException
        | NoSuchMethodException
        | InstantiationException
        | IllegalAccessException
        | InvocationTargetException e) {
      // This JVM tells nobody of signals: the command keeps its first size.
      return;
    }
  }

  private static String stty(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(SystemProgram.path("stty")));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectInput(Redirect.INHERIT).redirectError(Redirect.DISCARD);
    builder.environment().clear();
    Process process = builder.start();
    try (InputStream in = process.getInputStream()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
    }
  }

  private void restore() {
    if (restored.compareAndSet(false, true)) {
      try {
        stty(settings);
      } catch (IOException e) {
        System.err.println("ringfence: the terminal cannot be restored; use: stty sane");
      }
    }
  }

  @Override
  public void close() {
    restore();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The JVM is ending, and has run it.
      return;
    }
  }
}
