/** The backend {@code seatbelt}. Exports nothing to others. */
@SuppressWarnings("requires-automatic")
module org.ringfence.macos {
  requires com.fasterxml.jackson.databind;
  requires org.jnrproject.constants;
  requires org.jnrproject.ffi;
  requires org.jnrproject.posix;
  // jnr-ffi makes classes with them, and has no descriptor that says so.
  requires org.objectweb.asm.commons;
  requires org.objectweb.asm.util;
  requires org.ringfence;
  requires org.ringfence.kit;
  requires org.slf4j;

  // jnr-ffi implements its interface with a class of an unnamed module, which no export can name.
  opens org.ringfence.macos.bind.libc;

  provides org.ringfence.spi.SandboxBackend with
      org.ringfence.macos.SeatbeltBackend;
}
