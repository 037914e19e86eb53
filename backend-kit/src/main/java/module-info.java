/** The mechanisms that backends share. For the backends of Ringfence. */
@SuppressWarnings("module")
module org.ringfence.kit {
  requires com.fasterxml.jackson.databind;
  requires org.ringfence;
  requires static org.ringfence.egress;
  requires org.slf4j;

  exports org.ringfence.kit.plan to
      org.ringfence.linux,
      org.ringfence.macos,
      org.ringfence.windows;
  exports org.ringfence.kit.process to
      org.ringfence.linux,
      org.ringfence.macos,
      org.ringfence.windows,
      org.ringfence.wsl2;
  exports org.ringfence.kit.remote to
      org.ringfence.windows,
      org.ringfence.wsl2;
  exports org.ringfence.kit.remote.json to
      org.ringfence.windows,
      org.ringfence.wsl2;
  exports org.ringfence.kit.session to
      org.ringfence.linux,
      org.ringfence.macos,
      org.ringfence.windows,
      org.ringfence.wsl2;
  exports org.ringfence.kit.stdio to
      org.ringfence.linux,
      org.ringfence.macos,
      org.ringfence.windows,
      org.ringfence.wsl2;

  uses org.ringfence.spi.EgressModule;
}
