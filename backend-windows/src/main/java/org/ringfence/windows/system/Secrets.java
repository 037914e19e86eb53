package org.ringfence.windows.system;

/** Secrets that this user alone can read ({@code CryptProtectData} in the user's scope). */
public interface Secrets {
  /**
   * Encrypts a secret.
   *
   * @param secret the secret
   * @param entropy the value that decryption requires
   * @return the encrypted secret, which may be stored
   * @throws WindowsCallException if it cannot be encrypted
   */
  byte[] protect(byte[] secret, byte[] entropy) throws WindowsCallException;

  /**
   * Decrypts a secret.
   *
   * @param blob the result of {@link #protect}
   * @param entropy the value given there
   * @return the secret
   * @throws WindowsCallException if another user, another machine or another entropy made it
   */
  byte[] unprotect(byte[] blob, byte[] entropy) throws WindowsCallException;
}
