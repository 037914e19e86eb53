/**
 * The conformance suite. An author of a backend extends {@link
 * org.ringfence.conformance.SandboxBackendTck}.
 */
@SuppressWarnings("requires-automatic")
module org.ringfence.conformance {
  requires com.fasterxml.jackson.databind;
  requires com.sun.jna;
  requires jdk.httpserver;
  requires org.dnsjava;
  requires transitive org.ringfence;
  requires static transitive org.junit.jupiter.api;

  exports org.ringfence.conformance;
  exports org.ringfence.conformance.stage;

  provides org.ringfence.spi.Verification with
      org.ringfence.conformance.SuiteVerification;
}
