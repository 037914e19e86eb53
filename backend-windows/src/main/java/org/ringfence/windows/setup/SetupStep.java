package org.ringfence.windows.setup;

import java.io.IOException;
import java.util.Optional;
import org.ringfence.SandboxException;
import org.ringfence.windows.system.WindowsCallException;

/**
 * A step of set-up. Applying it twice is as good as once, and so is undoing it.
 *
 * @param id what the journal calls it
 * @param what what it is, for people
 * @param look looks at it
 * @param apply does it
 * @param undo takes it back; what is not there is passed over
 * @param byHand the command that would take it back by hand, elevated
 */
record SetupStep(String id, String what, Look look, Call apply, Call undo, String byHand) {
  /** Looks at what a step is about. */
  interface Look {
    /** What is wrong: empty when all of it is there. */
    Optional<String> problem() throws WindowsCallException, IOException, SandboxException;
  }

  /** Changes something. */
  interface Call {
    void run() throws WindowsCallException, IOException, SandboxException;
  }
}
