/** Serves sandboxes over JSON-RPC 2.0 to programs in other languages. */
module org.ringfence.serve {
  requires com.fasterxml.jackson.databind;
  requires org.ringfence;
  requires org.slf4j;

  exports org.ringfence.serve;
}
