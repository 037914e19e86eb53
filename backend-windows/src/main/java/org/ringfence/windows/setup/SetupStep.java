package org.ringfence.windows.setup;

import java.io.IOException;
import java.util.Optional;
import org.ringfence.SandboxException;
import org.ringfence.windows.system.WindowsCallException;

/**
 * A step of set-up. Applying it twice has the effect of applying it once, and so has undoing it.
 *
 * @param id its name in the journal
 * @param what its description, for people
 * @param look verifies it
 * @param apply applies it
 * @param undo undoes it; missing parts are skipped
 * @param byHand the command that would undo it by hand, elevated
 * @param remark tells why a step that is in order has no effect now; empty when it has
 */
record SetupStep(
    String id, String what, Look look, Call apply, Call undo, String byHand, Look remark) {
  /** A step without a remark. */
  SetupStep(String id, String what, Look look, Call apply, Call undo, String byHand) {
    this(id, what, look, apply, undo, byHand, Optional::empty);
  }

  /** Verifies a step. */
  interface Look {
    /** Returns the first fault; empty when every part is in order. */
    Optional<String> problem() throws WindowsCallException, IOException, SandboxException;
  }

  /** Changes the machine. */
  interface Call {
    void run() throws WindowsCallException, IOException, SandboxException;
  }
}
