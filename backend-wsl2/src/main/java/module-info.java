/** The backend {@code wsl2}. Exports nothing to others. */
@SuppressWarnings({"module", "requires-automatic"})
module org.ringfence.wsl2 {
  requires com.sun.jna;
  requires org.ringfence;
  requires org.ringfence.kit;
  requires org.ringfence.linux;
  requires org.slf4j;

  opens org.ringfence.wsl2.channel.message to
      com.fasterxml.jackson.databind;

  provides org.ringfence.spi.SandboxBackend with
      org.ringfence.wsl2.Wsl2Backend;
}
