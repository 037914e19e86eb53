/** A backend of a third party: it requires the API alone. */
module com.example.plain {
  requires org.ringfence;

  provides org.ringfence.spi.SandboxBackend with
      com.example.plain.PlainBackend;
}
