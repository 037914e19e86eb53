/**
 * Runs untrusted commands under the operating system's own sandbox: {@link org.ringfence.Sandbox}.
 *
 * <p>The exports without a target are the API: the types of a user, and in {@link
 * org.ringfence.spi} those of a backend's author. Backends are modules of their own, which the
 * service loader finds on the module path. The other packages are for Ringfence's own modules.
 */
// The targets of exports are built after this module.
@SuppressWarnings("module")
module org.ringfence {
  requires com.fasterxml.jackson.databind;
  requires java.management;
  requires org.slf4j;

  exports org.ringfence;
  exports org.ringfence.event;
  exports org.ringfence.plan;
  exports org.ringfence.policy;
  exports org.ringfence.policy.effective;
  exports org.ringfence.policy.json;
  exports org.ringfence.policy.path;
  exports org.ringfence.policy.value;
  exports org.ringfence.review;
  exports org.ringfence.spi;
  exports org.ringfence.text;
  exports org.ringfence.event.json to
      org.ringfence.cli,
      org.ringfence.mcp,
      org.ringfence.serve;
  exports org.ringfence.file to
      org.ringfence.cli,
      org.ringfence.conformance,
      org.ringfence.linux,
      org.ringfence.macos,
      org.ringfence.windows,
      org.ringfence.wsl2;
  exports org.ringfence.git to
      org.ringfence.linux;
  exports org.ringfence.policy.proposal to
      org.ringfence.cli;
  exports org.ringfence.text.json to
      org.ringfence.cli,
      org.ringfence.conformance,
      org.ringfence.serve;
  exports org.ringfence.text.line to
      org.ringfence.mcp,
      org.ringfence.serve;
  exports org.ringfence.text.message to
      org.ringfence.cli,
      org.ringfence.conformance,
      org.ringfence.serve,
      org.ringfence.windows;

  uses org.ringfence.spi.SandboxBackend;
}
