package org.ringfence.windows.system;

/** Secrets that this user alone can read ({@code CryptProtectData} in the user's scope). */
public interface Secrets {
  /**
   * Encrypts.
   *
   * @param secret the secret
   * @param entropy what has to be given again to decrypt
   * @return what may lie on a disk
   * @throws WindowsCallException if it cannot be
   */
  byte[] protect(byte[] secret, byte[] entropy) throws WindowsCallException;

  /**
   * Decrypts.
   *
   * @param blob what {@link #protect} gave
   * @param entropy what was given there
   * @return the secret
   * @throws WindowsCallException if another user, another machine or another entropy made it
   */
  byte[] unprotect(byte[] blob, byte[] entropy) throws WindowsCallException;
}
