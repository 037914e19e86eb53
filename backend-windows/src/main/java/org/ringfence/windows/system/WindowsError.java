package org.ringfence.windows.system;

import java.util.Arrays;
import java.util.Optional;

/** Errors that have a meaning of their own here ({@code winerror.h}, {@code ntstatus.h}). */
public enum WindowsError {
  /** {@code ERROR_INVALID_FUNCTION}. */
  INVALID_FUNCTION(1, "this system does not have the function", "a newer Windows"),
  /** {@code ERROR_FILE_NOT_FOUND}. */
  FILE_NOT_FOUND(2, "there is no such file", "an absolute path that exists"),
  /** {@code ERROR_PATH_NOT_FOUND}. */
  PATH_NOT_FOUND(3, "there is no such directory", "an absolute path that exists"),
  /** {@code ERROR_ACCESS_DENIED}. */
  ACCESS_DENIED(5, "access is denied", ""),
  /** {@code ERROR_NOT_ENOUGH_MEMORY}. */
  NOT_ENOUGH_MEMORY(
      8, "memory is used up; of desktops, the session's heap is", "fewer sandboxes at a time"),
  /** {@code ERROR_SHARING_VIOLATION}. */
  SHARING_VIOLATION(32, "another program has it open", "close the program that uses it"),
  /** {@code ERROR_NOT_SUPPORTED}. */
  NOT_SUPPORTED(50, "this system does not support it", "a newer Windows"),
  /** {@code ERROR_INVALID_PARAMETER}. */
  INVALID_PARAMETER(87, "a value is not valid here", "a newer Windows"),
  /** {@code ERROR_BROKEN_PIPE}. */
  BROKEN_PIPE(109, "the other end is closed", ""),
  /** {@code ERROR_BAD_EXE_FORMAT}. */
  BAD_EXE_FORMAT(193, "the file is no program of this system", "an .exe for this processor"),
  /** {@code ERROR_FILENAME_EXCED_RANGE}. */
  FILENAME_TOO_LONG(206, "the name is too long", "a shorter path"),
  /** {@code ERROR_DIRECTORY}. */
  DIRECTORY(267, "the working directory is none, or cannot be reached", "a directory that exists"),
  /** {@code ERROR_ELEVATION_REQUIRED}. */
  ELEVATION_REQUIRED(
      740,
      "the program asks for an administrator",
      "a program whose manifest says asInvoker, under a name without setup or install"),
  /** {@code ERROR_NOT_ALL_ASSIGNED}. */
  NOT_ALL_ASSIGNED(1300, "not all privileges were given", ""),
  /** {@code ERROR_NO_SUCH_LOGON_SESSION}. */
  NO_SUCH_LOGON_SESSION(
      1312,
      "the program is an alias of a packaged app",
      "the program's real .exe, outside WindowsApps"),
  /** {@code ERROR_PRIVILEGE_NOT_HELD}. */
  PRIVILEGE_NOT_HELD(
      1314,
      "a privilege is missing; this process's token is no primary token of the user's own",
      "start from an ordinary session of the user"),
  /** {@code ERROR_INVALID_ACL}. */
  INVALID_ACL(1336, "the access control list is not valid", ""),
  /** {@code ERROR_INVALID_SECURITY_DESCR}. */
  INVALID_SECURITY_DESCRIPTOR(1338, "the security descriptor is not valid", ""),
  /** {@code ERROR_ALLOTTED_SPACE_EXCEEDED}. */
  ALLOTTED_SPACE_EXCEEDED(
      1344, "the token has no room for so many entries", "fewer writable roots, at most 120"),
  /** {@code ERROR_NO_SYSTEM_RESOURCES}. */
  NO_SYSTEM_RESOURCES(1450, "the system's resources are used up", "fewer sandboxes at a time"),
  /** {@code ERROR_CANT_ACCESS_FILE}. */
  CANT_ACCESS_FILE(
      1920,
      "the file is an alias of a packaged app",
      "the program's real .exe, outside WindowsApps"),
  /** {@code STATUS_DLL_NOT_FOUND}, as an exit code. */
  STATUS_DLL_NOT_FOUND(
      0xC0000135, "a library of the program cannot be read", "grant reading where it lies"),
  /** {@code STATUS_DLL_INIT_FAILED}, as an exit code. */
  STATUS_DLL_INIT_FAILED(
      0xC0000142,
      "a library of the program did not start; its desktop or window station is closed to it",
      "an interactive session, not a service or SSH"),
  /** {@code HRESULT} of {@code ERROR_ALREADY_EXISTS}. */
  ALREADY_EXISTS_RESULT(0x800700B7, "it exists already", "ringfence windows gc");

  private final int code;
  private final String meaning;
  private final String remedy;

  WindowsError(int code, String meaning, String remedy) {
    this.code = code;
    this.meaning = meaning;
    this.remedy = remedy;
  }

  /**
   * The number.
   *
   * @return a Win32 code, NTSTATUS or HRESULT
   */
  public int code() {
    return code;
  }

  /**
   * What would help.
   *
   * @return a remedy; empty when none is known
   */
  public String remedy() {
    return remedy;
  }

  /**
   * Finds an error by its number.
   *
   * @param code the number
   * @return the error; empty for one without a meaning of its own here
   */
  public static Optional<WindowsError> of(int code) {
    return Arrays.stream(values()).filter(error -> error.code == code).findFirst();
  }

  /**
   * What would help against an error.
   *
   * @param code the number
   * @return a remedy; empty when none is known
   */
  public static String remedy(int code) {
    return of(code).map(WindowsError::remedy).orElse("");
  }

  /**
   * Tells an error to people.
   *
   * @param code the number
   * @return number and meaning
   */
  public static String describe(int code) {
    String number = code >>> 16 == 0 ? "error " + code : String.format("0x%08X", code);
    return of(code).map(error -> number + ", " + error.meaning).orElse(number);
  }
}
