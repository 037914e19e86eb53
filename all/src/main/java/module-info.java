/**
 * The API and every backend. The backends come with this artefact's dependencies, and the service
 * loader finds them: an application requires {@code org.ringfence} alone.
 */
module org.ringfence.all {
  requires transitive org.ringfence;
}
