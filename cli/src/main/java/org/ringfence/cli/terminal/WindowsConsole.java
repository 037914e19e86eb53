package org.ringfence.cli.terminal;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import org.jline.terminal.Attributes;
import org.jline.terminal.Attributes.LocalFlag;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.Terminal.Signal;
import org.jline.terminal.Terminal.SignalHandler;
import org.jline.terminal.impl.jni.JniTerminalProvider;
import org.jline.terminal.spi.SystemStream;
import org.ringfence.TerminalSize;

/** A Windows console. JLine converts its events to keys and sizes, and restores its modes. */
final class WindowsConsole implements CallerTerminal {
  private final Terminal terminal;

  private WindowsConsole(Terminal terminal) {
    this.terminal = terminal;
  }

  static CallerTerminal open() throws IOException {
    JniTerminalProvider provider = new JniTerminalProvider();
    if (!provider.isSystemStream(SystemStream.Input)
        || !provider.isSystemStream(SystemStream.Output)) {
      return new NoTerminal();
    }
    return new WindowsConsole(
        provider.sysTerminal(
            "ringfence",
            null,
            false,
            StandardCharsets.UTF_8,
            StandardCharsets.UTF_8,
            StandardCharsets.UTF_8,
            false,
            SignalHandler.SIG_DFL,
            false,
            SystemStream.Output));
  }

  @Override
  public TerminalSize size() {
    Size size = terminal.getSize();
    try {
      return new TerminalSize(size.getRows(), size.getColumns());
    } catch (IllegalArgumentException e) {
      return TerminalSize.USUAL;
    }
  }

  @Override
  public void raw() {
    Attributes raw = new Attributes(terminal.getAttributes());
    raw.setLocalFlags(EnumSet.of(LocalFlag.ISIG, LocalFlag.ICANON, LocalFlag.ECHO), false);
    terminal.setAttributes(raw);
  }

  @Override
  public void onResize(Runnable action) {
    terminal.handle(Signal.WINCH, signal -> action.run());
  }

  @Override
  public InputStream keys() {
    return terminal.input();
  }

  @Override
  public OutputStream screen() {
    return terminal.output();
  }

  @Override
  public void close() {
    try {
      terminal.close();
    } catch (IOException e) {
      System.err.println("ringfence: the console cannot be restored");
    }
  }
}
