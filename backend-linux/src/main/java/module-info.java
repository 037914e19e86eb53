/** The backends {@code landlock} and {@code bubblewrap}. Exports nothing to others. */
@SuppressWarnings({"module", "requires-automatic"})
module org.ringfence.linux {
  requires com.sun.jna;
  requires org.ringfence;
  requires static org.ringfence.egress;
  requires org.ringfence.kit;
  requires org.slf4j;

  exports org.ringfence.linux to
      org.ringfence.wsl2;
  exports org.ringfence.linux.bpf to
      org.ringfence.wsl2;
  exports org.ringfence.linux.plan to
      org.ringfence.wsl2;

  provides org.ringfence.spi.CallerSignals with
      org.ringfence.linux.signal.BlockedSignals;
  provides org.ringfence.spi.SandboxBackend with
      org.ringfence.linux.LandlockBackend,
      org.ringfence.linux.BubblewrapBackend;
}
