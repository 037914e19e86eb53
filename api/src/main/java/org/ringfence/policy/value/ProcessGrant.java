package org.ringfence.policy.value;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** A part of the system that a policy opens for processes, closed by default. */
public enum ProcessGrant {
  /** Tracing of other processes of the same command, as debuggers do. Linux. */
  PTRACE,
  /** System V shared memory, semaphores and message queues. Linux. */
  SYSV_IPC,
  /** Checks of certificates by trustd, as Go programs ask for them. macOS. */
  TRUSTD,
  /** The services of the user's keychain. macOS. */
  KEYCHAIN,
  /** The graphics processor, through Metal. macOS. */
  GPU,
  /** The service that reports changes of files, also of those that the policy hides. macOS. */
  FSEVENTS,
  /** The setuid program {@code /bin/ps}, which then runs outside the sandbox. macOS. */
  PS;

  /**
   * Returns whether the grant opens a part of macOS.
   *
   * @return false for a part of Linux
   */
  public boolean ofMac() {
    return ordinal() >= TRUSTD.ordinal();
  }

  /**
   * Returns the word for the grant in policies and on the command line.
   *
   * @return such as {@code sysv-ipc}
   */
  public String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * Returns the grant with a word.
   *
   * @param word such as {@code ptrace}
   * @return the grant
   * @throws InvalidPolicyException if there is none; names the nearest one
   */
  public static ProcessGrant of(String word) {
    return Arrays.stream(values())
        .filter(each -> each.word().equals(word))
        .findFirst()
        .orElseThrow(() -> InvalidPolicyException.unknown("process.allow", word, word, words()));
  }

  /**
   * Returns all words.
   *
   * @return the words, in the order of the grants
   */
  public static List<String> words() {
    return Arrays.stream(values()).map(ProcessGrant::word).toList();
  }
}
