package org.ringfence.windows.system;

import java.util.Arrays;
import java.util.Optional;

/** Errors with a specific meaning here ({@code winerror.h}, {@code ntstatus.h}). */
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
  /** {@code ERROR_PIPE_BUSY}. */
  PIPE_BUSY(231, "another program uses the pipe", "a second try"),
  /** {@code WAIT_TIMEOUT}. */
  TIMED_OUT(258, "the time ran out", "a second try"),
  /** {@code ERROR_PIPE_NOT_CONNECTED}. */
  PIPE_NOT_CONNECTED(233, "no program is at the other end", ""),
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
  /** {@code ERROR_SERVICE_ALREADY_RUNNING}. */
  SERVICE_ALREADY_RUNNING(1056, "the service is being started already", "a second try"),
  /** {@code ERROR_SERVICE_DISABLED}. */
  SERVICE_DISABLED(
      1058,
      "the service is disabled",
      "as administrator: sc config seclogon start= demand; the firewall's is mpssvc, the filter"
          + " engine's bfe"),
  /** {@code ERROR_NO_ASSOCIATION}: the shell's error for a missing program. */
  NO_ASSOCIATION(1155, "there is no such program to start", "a JVM with bin\\javaw.exe"),
  /** {@code ERROR_CANCELLED}. */
  CANCELLED(1223, "the user declined", "an administrator who agrees to the prompt"),
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
  /** {@code ERROR_LOGON_FAILURE}. */
  LOGON_FAILURE(
      1326, "the password is not the account's", "ringfence windows setup, which sets a new one"),
  /** {@code ERROR_ACCOUNT_RESTRICTION}. */
  ACCOUNT_RESTRICTION(
      1327, "a restriction keeps the account from logging on", "ringfence windows setup"),
  /** {@code ERROR_PASSWORD_EXPIRED}. */
  PASSWORD_EXPIRED(1330, "the account's password has expired", "ringfence windows setup"),
  /** {@code ERROR_ACCOUNT_DISABLED}. */
  ACCOUNT_DISABLED(
      1331, "the account is disabled: its network was not closed", "ringfence windows setup"),
  /** {@code ERROR_INVALID_ACL}. */
  INVALID_ACL(1336, "the access control list is not valid", ""),
  /** {@code ERROR_INVALID_SECURITY_DESCR}. */
  INVALID_SECURITY_DESCRIPTOR(1338, "the security descriptor is not valid", ""),
  /** {@code ERROR_ALLOTTED_SPACE_EXCEEDED}. */
  ALLOTTED_SPACE_EXCEEDED(
      1344, "the token has no room for so many entries", "fewer writable roots, at most 120"),
  /** {@code ERROR_NO_SUCH_ALIAS}. */
  NO_SUCH_LOCAL_GROUP(1376, "there is no such local group", "ringfence windows setup"),
  /** {@code ERROR_MEMBER_NOT_IN_ALIAS}. */
  MEMBER_NOT_IN_GROUP(1377, "the account is not in the group", ""),
  /** {@code ERROR_MEMBER_IN_ALIAS}. */
  MEMBER_IN_GROUP(1378, "the account is in the group already", ""),
  /** {@code ERROR_ALIAS_EXISTS}. */
  GROUP_EXISTS(1379, "there is such a group already", "ringfence windows repair"),
  /** {@code ERROR_LOGON_TYPE_NOT_GRANTED}. */
  LOGON_TYPE_NOT_GRANTED(
      1385,
      "the account may not log on interactively: a policy, or a domain controller",
      "the right 'Allow log on locally' for the group Users"),
  /** {@code ERROR_NO_SUCH_MEMBER}. */
  NO_SUCH_MEMBER(1387, "there is no such account", "ringfence windows setup"),
  /** {@code ERROR_INVALID_MEMBER}. */
  INVALID_MEMBER(1388, "an account of this kind cannot be in the group", ""),
  /** {@code ERROR_NO_SYSTEM_RESOURCES}. */
  NO_SYSTEM_RESOURCES(1450, "the system's resources are used up", "fewer sandboxes at a time"),
  /** {@code EPT_S_NOT_REGISTERED}. */
  ENDPOINT_NOT_REGISTERED(
      1753, "the service does not run", "as administrator: sc start bfe, sc start mpssvc"),
  /** {@code RPC_S_SERVER_UNAVAILABLE}. */
  SERVER_UNAVAILABLE(
      1722, "the service does not answer", "as administrator: sc start bfe, sc start mpssvc"),
  /** {@code RPC_S_CALL_FAILED_DNE}. */
  CALL_DID_NOT_EXECUTE(1727, "the service did not take the call", "a second try"),
  /** {@code RPC_S_CANNOT_SUPPORT}: the error of Wine's filter engine. */
  CANNOT_SUPPORT(1764, "this system does not support it", "Windows itself"),
  /** {@code ERROR_PASSWORD_MUST_CHANGE}. */
  PASSWORD_MUST_CHANGE(1907, "the account's password has to be changed", "ringfence windows setup"),
  /** {@code ERROR_ACCOUNT_LOCKED_OUT}. */
  ACCOUNT_LOCKED_OUT(
      1909, "the account is locked after wrong passwords", "to wait, or an administrator"),
  /** {@code ERROR_CANT_ACCESS_FILE}. */
  CANT_ACCESS_FILE(
      1920,
      "the file is an alias of a packaged app",
      "the program's real .exe, outside WindowsApps"),
  /** {@code NERR_BadUsername}. */
  BAD_USER_NAME(2202, "the name is no user's", ""),
  /** {@code NERR_GroupNotFound}. */
  GROUP_NOT_FOUND(2220, "there is no such group", ""),
  /** {@code NERR_UserNotFound}. */
  USER_NOT_FOUND(2221, "there is no such user", ""),
  /** {@code NERR_GroupExists}. */
  NETWORK_GROUP_EXISTS(2223, "there is such a group already", "ringfence windows repair"),
  /** {@code NERR_UserExists}. */
  USER_EXISTS(2224, "there is such a user already", "ringfence windows repair"),
  /** {@code NERR_PasswordTooShort}: any violation of the password policy. */
  PASSWORD_REFUSED(
      2245,
      "a policy of this machine refuses the password",
      "a password policy that takes 48 characters of all four kinds"),
  /** {@code WSAEACCES}. */
  SOCKET_FORBIDDEN(10013, "a filter or a rule forbids the connection", ""),
  /** {@code WSAECONNREFUSED}. */
  CONNECTION_REFUSED(10061, "no program listens there", ""),
  /** {@code STATUS_DLL_NOT_FOUND}, as an exit code. */
  STATUS_DLL_NOT_FOUND(
      0xC0000135, "a library of the program cannot be read", "grant reading where it lies"),
  /** {@code STATUS_DLL_INIT_FAILED}, as an exit code. */
  STATUS_DLL_INIT_FAILED(
      0xC0000142,
      "a library of the program did not start; its desktop or window station is closed to it",
      "an interactive session, not a service or SSH"),
  /** {@code HRESULT} of {@code ERROR_FILE_NOT_FOUND}. */
  FILE_NOT_FOUND_RESULT(0x80070002, "there is none of this name", ""),
  /** {@code E_ACCESSDENIED}. */
  ACCESS_DENIED_RESULT(0x80070005, "access is denied", "an elevated prompt"),
  /** {@code E_INVALIDARG}. */
  INVALID_ARGUMENT_RESULT(0x80070057, "a value is not valid here", "a newer Windows"),
  /** {@code STATUS_INVALID_ADDRESS_COMPONENT} as an {@code HRESULT}, for a list of addresses. */
  INVALID_ADDRESS_RESULT(0xD000000D, "an address has a form that lists do not take", ""),
  /** {@code REGDB_E_CLASSNOTREG}. */
  CLASS_NOT_REGISTERED(
      0x80040154, "this system does not have the class", "Windows itself, with its firewall"),
  /** {@code E_NOTIMPL}. */
  NOT_IMPLEMENTED(0x80004001, "this system does not have the function", "Windows itself"),
  /** {@code RPC_E_CHANGED_MODE}. */
  CHANGED_MODE(0x80010106, "the thread has another apartment already", ""),
  /** {@code FWP_E_FILTER_NOT_FOUND}. */
  FILTER_NOT_FOUND(0x80320003, "there is no such filter", ""),
  /** {@code FWP_E_LAYER_NOT_FOUND}. */
  FILTER_LAYER_NOT_FOUND(0x80320004, "there is no such layer", "a newer Windows"),
  /** {@code FWP_E_PROVIDER_NOT_FOUND}. */
  FILTER_PROVIDER_NOT_FOUND(0x80320005, "there is no such provider", ""),
  /** {@code FWP_E_SUBLAYER_NOT_FOUND}. */
  FILTER_SUBLAYER_NOT_FOUND(0x80320007, "there is no such sublayer", ""),
  /** {@code FWP_E_ALREADY_EXISTS}. */
  FILTER_EXISTS(0x80320009, "it exists already", ""),
  /** {@code FWP_E_IN_USE}. */
  FILTER_IN_USE(0x8032000A, "another filter still uses it", ""),
  /** {@code FWP_E_TYPE_MISMATCH}. */
  FILTER_TYPE_MISMATCH(0x80320027, "a condition has a type that the layer does not know", ""),
  /** {@code FWP_E_OUT_OF_BOUNDS}. */
  FILTER_OUT_OF_BOUNDS(0x80320028, "a condition's value is out of bounds", ""),
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
   * Returns the number.
   *
   * @return a Win32 code, NTSTATUS or HRESULT
   */
  public int code() {
    return code;
  }

  /**
   * Returns a remedy.
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
   * @return the error; empty for one without a specific meaning here
   */
  public static Optional<WindowsError> of(int code) {
    return Arrays.stream(values()).filter(error -> error.code == code).findFirst();
  }

  /**
   * Returns a remedy for an error.
   *
   * @param code the number
   * @return a remedy; empty when none is known
   */
  public static String remedy(int code) {
    return of(code).map(WindowsError::remedy).orElse("");
  }

  /**
   * Describes an error to people.
   *
   * @param code the number
   * @return number and meaning
   */
  public static String describe(int code) {
    String number = code >>> 16 == 0 ? "error " + code : String.format("0x%08X", code);
    return of(code).map(error -> number + ", " + error.meaning).orElse(number);
  }
}
