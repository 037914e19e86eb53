package org.ringfence.windows.system;

import java.util.Optional;
import java.util.OptionalInt;

/** {@code HKEY_LOCAL_MACHINE}, as 64-bit programs see it. */
public interface MachineRegistry {
  /**
   * Reads a number.
   *
   * @param key the key's path
   * @param name the value's name
   * @return the number; empty if there is none
   * @throws WindowsCallException if it cannot be read
   */
  OptionalInt number(String key, String name) throws WindowsCallException;

  /**
   * Reads text.
   *
   * @param key the key's path
   * @param name the value's name
   * @return the text, variables not expanded; empty if there is none
   * @throws WindowsCallException if it cannot be read
   */
  Optional<String> text(String key, String name) throws WindowsCallException;

  /**
   * Writes a number, and makes the key when it is missing.
   *
   * @param key the key's path
   * @param name the value's name
   * @param number the number
   * @throws WindowsCallException if it cannot be written
   */
  void setNumber(String key, String name, int number) throws WindowsCallException;

  /**
   * Removes a value.
   *
   * @param key the key's path
   * @param name the value's name
   * @throws WindowsCallException if it cannot be removed
   */
  void remove(String key, String name) throws WindowsCallException;
}
