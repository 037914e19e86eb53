/** Gives tests of JUnit Jupiter a sandbox. */
module org.ringfence.junit {
  requires transitive org.junit.jupiter.api;
  requires transitive org.ringfence;

  exports org.ringfence.junit;
}
