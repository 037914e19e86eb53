package org.ringfence.wsl2.plan;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Errors of {@code wsl.exe}, which it prints in every language with the same number or name. */
public enum WslFailure {
  /** {@code WSL_E_DEFAULT_DISTRO_NOT_FOUND}. */
  NO_DEFAULT(
      "0x80040301",
      "WSL_E_DEFAULT_DISTRO_NOT_FOUND",
      "there is no distribution",
      "wsl --install -d Ubuntu"),
  /** {@code WSL_E_DISTRO_NOT_FOUND}. */
  NOT_FOUND(
      "0x80040302",
      "WSL_E_DISTRO_NOT_FOUND",
      "there is no distribution of this name",
      "wsl --list"),
  /** {@code WSL_E_WSL1_NOT_SUPPORTED}. */
  NO_WSL1(
      "0x80040303",
      "WSL_E_WSL1_NOT_SUPPORTED",
      "this machine runs no WSL1",
      "wsl --set-version NAME 2"),
  /** {@code WSL_E_LOWER_INTEGRITY}. */
  LOWER_INTEGRITY(
      "0x8004030f",
      "WSL_E_LOWER_INTEGRITY",
      "WSL runs elevated and this process does not",
      "the same kind of prompt"),
  /** {@code WSL_E_HIGHER_INTEGRITY}. */
  HIGHER_INTEGRITY(
      "0x80040310",
      "WSL_E_HIGHER_INTEGRITY",
      "WSL does not run elevated and this process does",
      "an ordinary prompt"),
  /** {@code WSL_E_WSL2_NEEDED}. */
  WSL2_NEEDED("0x8004031c", "WSL_E_WSL2_NEEDED", "this needs WSL2", "wsl --update"),
  /** {@code WSL_E_WSL_OPTIONAL_COMPONENT_REQUIRED}. */
  COMPONENT_MISSING(
      "0x80040321",
      "WSL_E_WSL_OPTIONAL_COMPONENT_REQUIRED",
      "WSL is not installed",
      "wsl --install"),
  /** {@code WSL_E_VIRTUAL_MACHINE_PLATFORM_REQUIRED}. */
  PLATFORM_MISSING(
      "0x8004032d",
      "WSL_E_VIRTUAL_MACHINE_PLATFORM_REQUIRED",
      "the virtual machine platform is off",
      "wsl --install --no-distribution, and virtualization in the firmware"),
  /** {@code WSL_E_LOCAL_SYSTEM_NOT_SUPPORTED}. */
  LOCAL_SYSTEM(
      "0x8004032e",
      "WSL_E_LOCAL_SYSTEM_NOT_SUPPORTED",
      "WSL runs for no service",
      "a user's session");

  private final String code;
  private final String symbol;
  private final String reason;
  private final String remedy;

  WslFailure(String code, String symbol, String reason, String remedy) {
    this.code = code;
    this.symbol = symbol;
    this.reason = reason;
    this.remedy = remedy;
  }

  /**
   * Finds the error that an output names.
   *
   * @param output the output of {@code wsl.exe}: errors go to standard output, too
   * @return the error; empty if it names none that is known
   */
  public static Optional<WslFailure> in(byte[] output) {
    String text = WslText.of(output);
    String lower = text.toLowerCase(Locale.ROOT);
    return Arrays.stream(values())
        .filter(failure -> lower.contains(failure.code) || named(text, failure.symbol))
        .findFirst();
  }

  /** Finds the name, which newer versions print: {@code Wsl/Service/WSL_E_DISTRO_NOT_FOUND}. */
  private static boolean named(String text, String symbol) {
    return Arrays.asList(text.split("[^A-Z0-9_]+")).contains(symbol);
  }

  /**
   * Returns the reason for the failure.
   *
   * @return the reason, with the number
   */
  public String reason() {
    return reason + " (" + code + ")";
  }

  /**
   * Returns the remedy.
   *
   * @return a command or a thing
   */
  public String remedy() {
    return remedy;
  }
}
