/**
 * The backends {@code restricted-token}, {@code app-container} and {@code dedicated-user}. Exports
 * nothing to others.
 */
@SuppressWarnings("requires-automatic")
module org.ringfence.windows {
  requires com.fasterxml.jackson.databind;
  requires com.sun.jna;
  requires com.sun.jna.platform;
  requires java.xml;
  requires org.ringfence;
  requires org.ringfence.kit;
  requires org.slf4j;

  opens org.ringfence.windows.bind to
      com.sun.jna;
  opens org.ringfence.windows.channel.message to
      com.fasterxml.jackson.databind;

  provides org.ringfence.spi.MachineState with
      org.ringfence.windows.WindowsMachineState;
  provides org.ringfence.spi.OtherMeans with
      org.ringfence.windows.WindowsMeans;
  provides org.ringfence.spi.SandboxBackend with
      org.ringfence.windows.RestrictedTokenBackend,
      org.ringfence.windows.AppContainerBackend,
      org.ringfence.windows.DedicatedUserBackend;
}
