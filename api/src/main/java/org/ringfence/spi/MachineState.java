package org.ringfence.spi;

import java.nio.file.Path;
import java.util.List;
import org.ringfence.SandboxException;

/**
 * The state that the backends of a system keep on a machine beyond the life of a sandbox, and its
 * removal. Backends that keep state implement it; {@link java.util.ServiceLoader} finds it.
 */
public interface MachineState {
  /**
   * An item that was checked or cleaned up.
   *
   * @param fine whether it is as it should be
   * @param text a line for the user
   */
  record Finding(boolean fine, String text) {}

  /**
   * Options for setting up a machine.
   *
   * @param filesOnly whether the network is left alone: then the backends refuse policies that
   *     close it
   * @param rotate whether existing passwords are set again
   */
  record Setup(boolean filesOnly, boolean rotate) {}

  /**
   * Returns the operating system.
   *
   * @return a short lower-case word, such as {@code windows}
   */
  String system();

  /**
   * Sets up the missing state that needs an administrator. Asks the user for an administrator's
   * rights if this process has none.
   *
   * @param options the options
   * @return a finding for each item
   * @throws SandboxException if it cannot be set up; then none of it is usable, and the caller can
   *     try again
   */
  List<Finding> setup(Setup options) throws SandboxException;

  /**
   * Returns the kept state and its condition. Changes nothing.
   *
   * @param sweep directories to search for unrecorded leftovers
   * @return a finding for each item
   * @throws SandboxException if it cannot be read, or this is another system
   */
  List<Finding> status(List<Path> sweep) throws SandboxException;

  /**
   * Cleans up after processes that died before cleaning up.
   *
   * @param sweep directories to search for unrecorded leftovers
   * @return a finding for each cleaned-up item
   * @throws SandboxException if it cannot be read, or this is another system
   */
  List<Finding> repair(List<Path> sweep) throws SandboxException;

  /**
   * Removes unusable state, and does the same as {@link #repair(List)}.
   *
   * @return a finding for each cleaned-up item
   * @throws SandboxException if it cannot be read, or this is another system
   */
  List<Finding> collect() throws SandboxException;

  /**
   * Removes all kept state.
   *
   * @return a finding for each cleaned-up item
   * @throws SandboxException if it cannot be read, or this is another system
   */
  List<Finding> teardown() throws SandboxException;
}
