/** The command line. Exports nothing. */
@SuppressWarnings("requires-automatic")
module org.ringfence.cli {
  requires com.fasterxml.jackson.core;
  requires com.fasterxml.jackson.databind;
  requires com.fasterxml.jackson.dataformat.toml;
  requires info.picocli;
  requires io.github.javadiffutils;
  requires org.jline.nativ;
  requires org.jline.terminal;
  requires org.jline.terminal.jni;
  requires org.objectweb.asm;
  requires org.objectweb.asm.commons;
  requires org.objectweb.asm.tree;
  requires org.ringfence;
  requires org.ringfence.mcp;
  requires org.ringfence.serve;

  opens org.ringfence.cli to
      info.picocli;
  opens org.ringfence.cli.command to
      info.picocli;
  opens org.ringfence.cli.policy to
      info.picocli;

  uses org.ringfence.spi.CallerSignals;
  uses org.ringfence.spi.MachineState;
  uses org.ringfence.spi.OtherMeans;
  uses org.ringfence.spi.Verification;
}
