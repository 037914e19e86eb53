/** Makes spans and metrics of the commands of a sandbox. */
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"})
module org.ringfence.opentelemetry {
  requires transitive io.opentelemetry.api;
  requires io.opentelemetry.context;
  requires transitive org.ringfence;

  exports org.ringfence.opentelemetry;
}
