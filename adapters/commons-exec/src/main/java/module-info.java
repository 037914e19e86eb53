/** Runs commands of Apache Commons Exec in a sandbox. */
module org.ringfence.commonsexec {
  requires transitive org.apache.commons.exec;
  requires transitive org.ringfence;

  exports org.ringfence.commonsexec;
}
