package org.ringfence.spi;

import java.nio.file.Path;
import java.util.List;
import org.ringfence.SandboxException;

/**
 * What the backends of a system keep on a machine beyond the life of a sandbox, and how it is taken
 * back. Implemented by backends that keep something and found through {@link
 * java.util.ServiceLoader}.
 */
public interface MachineState {
  /**
   * Something that was looked at or looked after.
   *
   * @param fine whether it is as it should be
   * @param text a line for people
   */
  record Finding(boolean fine, String text) {}

  /**
   * How a machine is set up.
   *
   * @param filesOnly whether the network is left alone: then policies that close it are refused
   * @param rotate whether passwords are set anew although they are kept
   */
  record Setup(boolean filesOnly, boolean rotate) {}

  /**
   * The system.
   *
   * @return a short lower-case word, such as {@code windows}
   */
  String system();

  /**
   * Sets up what backends need of an administrator, or what is missing of it. Asks the user for an
   * administrator's rights if this process has none.
   *
   * @param options how
   * @return a finding for each thing
   * @throws SandboxException if it cannot be set up; then nothing of it can be used, and it can be
   *     tried again
   */
  List<Finding> setup(Setup options) throws SandboxException;

  /**
   * What is kept, with what is found of it. Changes nothing.
   *
   * @param sweep directories that are looked through for what nothing tells of
   * @return a finding for each thing
   * @throws SandboxException if it cannot be looked at, or this is another system
   */
  List<Finding> status(List<Path> sweep) throws SandboxException;

  /**
   * Takes back what processes have left that ended before they could.
   *
   * @param sweep directories that are looked through for what nothing tells of
   * @return a finding for each thing that was looked after
   * @throws SandboxException if it cannot be looked at, or this is another system
   */
  List<Finding> repair(List<Path> sweep) throws SandboxException;

  /**
   * Takes back what nothing can use any more, and what {@link #repair(List)} does.
   *
   * @return a finding for each thing that was looked after
   * @throws SandboxException if it cannot be looked at, or this is another system
   */
  List<Finding> collect() throws SandboxException;

  /**
   * Takes everything back.
   *
   * @return a finding for each thing that was looked after
   * @throws SandboxException if it cannot be looked at, or this is another system
   */
  List<Finding> teardown() throws SandboxException;
}
