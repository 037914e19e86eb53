package org.ringfence.windows.bind;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.platform.win32.WinBase.PROCESS_INFORMATION;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.windows.mitigation.ProcessMitigation;
import org.ringfence.windows.system.WindowsError;

/**
 * Compares our structures and constants with those that a compiler computes from the Windows
 * headers.
 */
class HeaderLayoutTest {
  private static final Path COMPILER = Path.of("/usr/bin/x86_64-w64-mingw32-gcc");
  private static final Pattern NUMBER = Pattern.compile("\\.(?:long|quad)\\s+(-?\\d+)");

  /** The header names of the errors that the headers define. */
  private static final Map<WindowsError, String> HEADER_NAMES =
      Map.ofEntries(
          Map.entry(WindowsError.SERVICE_DISABLED, "ERROR_SERVICE_DISABLED"),
          Map.entry(WindowsError.SERVICE_ALREADY_RUNNING, "ERROR_SERVICE_ALREADY_RUNNING"),
          Map.entry(WindowsError.NO_ASSOCIATION, "ERROR_NO_ASSOCIATION"),
          Map.entry(WindowsError.NO_SUCH_LOCAL_GROUP, "ERROR_NO_SUCH_ALIAS"),
          Map.entry(WindowsError.CANCELLED, "ERROR_CANCELLED"),
          Map.entry(WindowsError.LOGON_FAILURE, "ERROR_LOGON_FAILURE"),
          Map.entry(WindowsError.ACCOUNT_RESTRICTION, "ERROR_ACCOUNT_RESTRICTION"),
          Map.entry(WindowsError.PASSWORD_EXPIRED, "ERROR_PASSWORD_EXPIRED"),
          Map.entry(WindowsError.ACCOUNT_DISABLED, "ERROR_ACCOUNT_DISABLED"),
          Map.entry(WindowsError.ACCOUNT_LOCKED_OUT, "ERROR_ACCOUNT_LOCKED_OUT"),
          Map.entry(WindowsError.PASSWORD_MUST_CHANGE, "ERROR_PASSWORD_MUST_CHANGE"),
          Map.entry(WindowsError.LOGON_TYPE_NOT_GRANTED, "ERROR_LOGON_TYPE_NOT_GRANTED"),
          Map.entry(WindowsError.GROUP_EXISTS, "ERROR_ALIAS_EXISTS"),
          Map.entry(WindowsError.MEMBER_IN_GROUP, "ERROR_MEMBER_IN_ALIAS"),
          Map.entry(WindowsError.MEMBER_NOT_IN_GROUP, "ERROR_MEMBER_NOT_IN_ALIAS"),
          Map.entry(WindowsError.NO_SUCH_MEMBER, "ERROR_NO_SUCH_MEMBER"),
          Map.entry(WindowsError.INVALID_MEMBER, "ERROR_INVALID_MEMBER"),
          Map.entry(WindowsError.BAD_USER_NAME, "NERR_BadUsername"),
          Map.entry(WindowsError.GROUP_NOT_FOUND, "NERR_GroupNotFound"),
          Map.entry(WindowsError.USER_NOT_FOUND, "NERR_UserNotFound"),
          Map.entry(WindowsError.NETWORK_GROUP_EXISTS, "NERR_GroupExists"),
          Map.entry(WindowsError.USER_EXISTS, "NERR_UserExists"),
          Map.entry(WindowsError.PASSWORD_REFUSED, "NERR_PasswordTooShort"),
          Map.entry(WindowsError.SOCKET_FORBIDDEN, "WSAEACCES"),
          Map.entry(WindowsError.CONNECTION_REFUSED, "WSAECONNREFUSED"),
          Map.entry(WindowsError.PIPE_BUSY, "ERROR_PIPE_BUSY"),
          Map.entry(WindowsError.PIPE_NOT_CONNECTED, "ERROR_PIPE_NOT_CONNECTED"),
          Map.entry(WindowsError.TIMED_OUT, "WAIT_TIMEOUT"),
          Map.entry(WindowsError.ENDPOINT_NOT_REGISTERED, "EPT_S_NOT_REGISTERED"),
          Map.entry(WindowsError.SERVER_UNAVAILABLE, "RPC_S_SERVER_UNAVAILABLE"),
          Map.entry(WindowsError.CALL_DID_NOT_EXECUTE, "RPC_S_CALL_FAILED_DNE"),
          Map.entry(WindowsError.CANNOT_SUPPORT, "RPC_S_CANNOT_SUPPORT"),
          Map.entry(WindowsError.FILTER_NOT_FOUND, "FWP_E_FILTER_NOT_FOUND"),
          Map.entry(WindowsError.FILTER_LAYER_NOT_FOUND, "FWP_E_LAYER_NOT_FOUND"),
          Map.entry(WindowsError.FILTER_PROVIDER_NOT_FOUND, "FWP_E_PROVIDER_NOT_FOUND"),
          Map.entry(WindowsError.FILTER_SUBLAYER_NOT_FOUND, "FWP_E_SUBLAYER_NOT_FOUND"),
          Map.entry(WindowsError.FILTER_EXISTS, "FWP_E_ALREADY_EXISTS"),
          Map.entry(WindowsError.FILTER_IN_USE, "FWP_E_IN_USE"),
          Map.entry(WindowsError.FILTER_TYPE_MISMATCH, "FWP_E_TYPE_MISMATCH"),
          Map.entry(WindowsError.FILTER_OUT_OF_BOUNDS, "FWP_E_OUT_OF_BOUNDS"),
          Map.entry(WindowsError.CLASS_NOT_REGISTERED, "REGDB_E_CLASSNOTREG"),
          Map.entry(WindowsError.NOT_IMPLEMENTED, "E_NOTIMPL"),
          Map.entry(WindowsError.CHANGED_MODE, "RPC_E_CHANGED_MODE"));

  private final Map<String, Long> expected = new LinkedHashMap<>();

  private void size(String type, Win32Structure structure) {
    expected.put("sizeof(" + type + ")", (long) structure.size());
  }

  private void at(String type, String member, Win32Structure structure, String field) {
    expected.put("offsetof(" + type + ", " + member + ")", (long) structure.offset(field));
  }

  private void constant(String name, long value) {
    expected.put("(unsigned)(" + name + ")", value & 0xffffffffL);
  }

  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "the compiler of these headers runs on Linux")
  void layoutsAndConstantsMatchTheHeaders(@TempDir Path directory) throws Exception {
    assumeTrue(Files.isExecutable(COMPILER), "gcc-mingw-w64-x86-64 is missing");
    structures();
    constants();
    assertThat(measured(directory, List.copyOf(expected.keySet()))).isEqualTo(expected);
  }

  private void structures() {
    StartupInfoEx startup = new StartupInfoEx();
    size("STARTUPINFOEXW", startup);
    at("STARTUPINFOEXW", "StartupInfo.lpDesktop", startup, "desktop");
    at("STARTUPINFOEXW", "StartupInfo.dwFlags", startup, "flags");
    at("STARTUPINFOEXW", "StartupInfo.hStdInput", startup, "stdInput");
    at("STARTUPINFOEXW", "StartupInfo.hStdError", startup, "stdError");
    at("STARTUPINFOEXW", "lpAttributeList", startup, "attributeList");
    JobObjectExtendedLimitInformation limits = new JobObjectExtendedLimitInformation();
    String limitsType = "JOBOBJECT_EXTENDED_LIMIT_INFORMATION";
    size(limitsType, limits);
    at(limitsType, "BasicLimitInformation.LimitFlags", limits, "limitFlags");
    at(limitsType, "BasicLimitInformation.ActiveProcessLimit", limits, "activeProcessLimit");
    at(limitsType, "IoInfo", limits, "ioInfo");
    at(limitsType, "ProcessMemoryLimit", limits, "processMemoryLimit");
    at(limitsType, "JobMemoryLimit", limits, "jobMemoryLimit");
    at(limitsType, "PeakJobMemoryUsed", limits, "peakJobMemoryUsed");
    JobObjectBasicAccountingInformation accounting = new JobObjectBasicAccountingInformation();
    size("JOBOBJECT_BASIC_ACCOUNTING_INFORMATION", accounting);
    String accountingType = "JOBOBJECT_BASIC_ACCOUNTING_INFORMATION";
    at(accountingType, "ActiveProcesses", accounting, "activeProcesses");
    at(accountingType, "TotalUserTime", accounting, "totalUserTime");
    at(accountingType, "TotalKernelTime", accounting, "totalKernelTime");
    SecurityCapabilities capabilities = new SecurityCapabilities();
    size("SECURITY_CAPABILITIES", capabilities);
    at("SECURITY_CAPABILITIES", "CapabilityCount", capabilities, "capabilityCount");
    ByHandleFileInformation file = new ByHandleFileInformation();
    size("BY_HANDLE_FILE_INFORMATION", file);
    at("BY_HANDLE_FILE_INFORMATION", "dwVolumeSerialNumber", file, "volumeSerialNumber");
    at("BY_HANDLE_FILE_INFORMATION", "nNumberOfLinks", file, "numberOfLinks");
    at("BY_HANDLE_FILE_INFORMATION", "nFileIndexHigh", file, "fileIndexHigh");
    filters();
    accounts();
    expected.put("sizeof(PROCESS_INFORMATION)", (long) new PROCESS_INFORMATION().size());
    expected.put("sizeof(SID_AND_ATTRIBUTES)", 16L);
    expected.put("sizeof(SECURITY_ATTRIBUTES)", 24L);
    expected.put("offsetof(SECURITY_ATTRIBUTES, lpSecurityDescriptor)", 8L);
    expected.put("offsetof(TOKEN_GROUPS, Groups)", 8L);
    expected.put("sizeof(LUID_AND_ATTRIBUTES)", 12L);
    expected.put("offsetof(TOKEN_PRIVILEGES, Privileges)", 4L);
    expected.put("sizeof(RTL_OSVERSIONINFOW)", 276L);
    expected.put("sizeof(ACL)", 8L);
    expected.put("sizeof(SECURITY_DESCRIPTOR_RELATIVE)", 20L);
    expected.put("offsetof(SECURITY_DESCRIPTOR_RELATIVE, Dacl)", 16L);
    expected.put("offsetof(ACCESS_ALLOWED_ACE, SidStart)", 8L);
  }

  private void filters() {
    FwpmFilter0 filter = new FwpmFilter0();
    size("FWPM_FILTER0", filter);
    expected.put("sizeof(FWPM_FILTER0)", 200L);
    at("FWPM_FILTER0", "displayData.name", filter, "name");
    at("FWPM_FILTER0", "flags", filter, "flags");
    at("FWPM_FILTER0", "providerKey", filter, "providerKey");
    at("FWPM_FILTER0", "providerData.size", filter, "providerDataSize");
    at("FWPM_FILTER0", "providerData.data", filter, "providerData");
    at("FWPM_FILTER0", "layerKey", filter, "layerKey");
    at("FWPM_FILTER0", "subLayerKey", filter, "subLayerKey");
    at("FWPM_FILTER0", "weight.type", filter, "weightType");
    at("FWPM_FILTER0", "weight.uint64", filter, "weight");
    at("FWPM_FILTER0", "numFilterConditions", filter, "conditionCount");
    at("FWPM_FILTER0", "filterCondition", filter, "conditions");
    at("FWPM_FILTER0", "action.type", filter, "actionType");
    at("FWPM_FILTER0", "rawContext", filter, "rawContext");
    at("FWPM_FILTER0", "filterId", filter, "filterId");
    at("FWPM_FILTER0", "effectiveWeight", filter, "effectiveWeightType");
    FwpmFilterCondition0 condition = new FwpmFilterCondition0();
    size("FWPM_FILTER_CONDITION0", condition);
    expected.put("sizeof(FWPM_FILTER_CONDITION0)", 40L);
    at("FWPM_FILTER_CONDITION0", "matchType", condition, "matchType");
    at("FWPM_FILTER_CONDITION0", "conditionValue.type", condition, "valueType");
    at("FWPM_FILTER_CONDITION0", "conditionValue.sd", condition, "value");
    FwpmSublayer0 sublayer = new FwpmSublayer0();
    size("FWPM_SUBLAYER0", sublayer);
    expected.put("sizeof(FWPM_SUBLAYER0)", 72L);
    at("FWPM_SUBLAYER0", "flags", sublayer, "flags");
    at("FWPM_SUBLAYER0", "providerKey", sublayer, "providerKey");
    at("FWPM_SUBLAYER0", "weight", sublayer, "weight");
    FwpmProvider0 provider = new FwpmProvider0();
    size("FWPM_PROVIDER0", provider);
    at("FWPM_PROVIDER0", "flags", provider, "flags");
    at("FWPM_PROVIDER0", "serviceName", provider, "serviceName");
    expected.put("sizeof(FWP_RANGE0)", 32L);
    expected.put("offsetof(FWP_RANGE0, valueHigh.uint16)", 24L);
    expected.put("sizeof(FWP_BYTE_BLOB)", 16L);
    expected.put("sizeof(FWP_V4_ADDR_AND_MASK)", 8L);
    expected.put("offsetof(FWP_V6_ADDR_AND_MASK, prefixLength)", 16L);
    constant("FWP_UINT8", EncodedFilter.UINT8);
    constant("FWP_UINT16", EncodedFilter.UINT16);
    constant("FWP_UINT64", EncodedFilter.UINT64);
    constant("FWP_SECURITY_DESCRIPTOR_TYPE", EncodedFilter.SECURITY_DESCRIPTOR);
    constant("FWP_V4_ADDR_MASK", EncodedFilter.V4_ADDRESS_MASK);
    constant("FWP_V6_ADDR_MASK", EncodedFilter.V6_ADDRESS_MASK);
    constant("FWP_RANGE_TYPE", EncodedFilter.RANGE);
    constant("FWP_MATCH_EQUAL", EncodedFilter.MATCH_EQUAL);
    constant("FWP_MATCH_RANGE", EncodedFilter.MATCH_RANGE);
    constant("FWP_ACTION_BLOCK", EncodedFilter.ACTION_BLOCK);
    constant("FWP_ACTION_PERMIT", EncodedFilter.ACTION_PERMIT);
    constant("FWP_ACTRL_MATCH_FILTER", EncodedFilter.MATCH_FILTER);
  }

  private void accounts() {
    UserInfo1 user = new UserInfo1();
    size("USER_INFO_1", user);
    at("USER_INFO_1", "usri1_password", user, "password");
    at("USER_INFO_1", "usri1_priv", user, "privilege");
    at("USER_INFO_1", "usri1_comment", user, "comment");
    at("USER_INFO_1", "usri1_flags", user, "flags");
    UserInfo23 found = new UserInfo23();
    size("USER_INFO_23", found);
    at("USER_INFO_23", "usri23_comment", found, "comment");
    at("USER_INFO_23", "usri23_flags", found, "flags");
    at("USER_INFO_23", "usri23_user_sid", found, "sid");
    expected.put("sizeof(USER_INFO_1003)", 8L);
    expected.put("sizeof(USER_INFO_1008)", 4L);
    expected.put("sizeof(LOCALGROUP_INFO_1)", 16L);
    expected.put("sizeof(LOCALGROUP_MEMBERS_INFO_0)", 8L);
    size("LSA_OBJECT_ATTRIBUTES", new LsaObjectAttributes());
    LsaUnicodeString text = new LsaUnicodeString();
    size("LSA_UNICODE_STRING", text);
    at("LSA_UNICODE_STRING", "MaximumLength", text, "maximumLength");
    at("LSA_UNICODE_STRING", "Buffer", text, "buffer");
    constant("UF_SCRIPT", 0x1);
    constant("UF_ACCOUNTDISABLE", 0x2);
    constant("UF_DONT_EXPIRE_PASSWD", 0x10000);
    constant("USER_PRIV_USER", 1);
    constant("POLICY_CREATE_ACCOUNT", 0x10);
    constant("POLICY_LOOKUP_NAMES", 0x800);
    constant("LOGON_WITH_PROFILE", 1);
    constant("PIPE_REJECT_REMOTE_CLIENTS", 0x8);
    constant("FILE_FLAG_FIRST_PIPE_INSTANCE", 0x80000);
    constant("JOB_OBJECT_LIMIT_BREAKAWAY_OK", 0x800);
    constant("CREATE_BREAKAWAY_FROM_JOB", 0x01000000);
    expected.put("sizeof(struct sockaddr_in)", 16L);
    expected.put("sizeof(struct sockaddr_in6)", 28L);
    expected.put("offsetof(struct sockaddr_in6, sin6_addr)", 8L);
    for (WindowsError error : WindowsError.values()) {
      String name = HEADER_NAMES.get(error);
      if (name != null) {
        constant(name, error.code());
      }
    }
  }

  private void mitigation(String creation, String policy, String ours) {
    ProcessMitigation mitigation = ProcessMitigation.valueOf(ours);
    String name = "PROCESS_CREATION_MITIGATION_POLICY_" + creation + "_ALWAYS_ON";
    constant("(" + name + " >> 28) & 0xffffffff", mitigation.creation() >> 28 & 0xffffffffL);
    constant("Process" + policy + "Policy", mitigation.policy());
  }

  private void constants() {
    constant("PROC_THREAD_ATTRIBUTE_HANDLE_LIST", 0x20002);
    constant("PROC_THREAD_ATTRIBUTE_MITIGATION_POLICY", 0x20007);
    mitigation("EXTENSION_POINT_DISABLE", "ExtensionPointDisable", "EXTENSION_POINTS");
    mitigation("IMAGE_LOAD_NO_REMOTE", "ImageLoad", "REMOTE_IMAGES");
    mitigation("IMAGE_LOAD_NO_LOW_LABEL", "ImageLoad", "LOW_IMAGES");
    mitigation("IMAGE_LOAD_PREFER_SYSTEM32", "ImageLoad", "LOCAL_IMAGES_FIRST");
    mitigation("FONT_DISABLE", "FontDisable", "FONTS");
    mitigation("PROHIBIT_DYNAMIC_CODE", "DynamicCode", "DYNAMIC_CODE");
    mitigation("BLOCK_NON_MICROSOFT_BINARIES", "Signature", "UNSIGNED_IMAGES");
    mitigation("WIN32K_SYSTEM_CALL_DISABLE", "SystemCallDisable", "WIN32K");
    constant("PROC_THREAD_ATTRIBUTE_SECURITY_CAPABILITIES", 0x20009);
    constant("PROC_THREAD_ATTRIBUTE_JOB_LIST", 0x2000D);
    constant("PROC_THREAD_ATTRIBUTE_ALL_APPLICATION_PACKAGES_POLICY", 0x2000F);
    constant("PROC_THREAD_ATTRIBUTE_PSEUDOCONSOLE", 0x20016);
    constant("JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE", 0x2000);
    constant("JOB_OBJECT_LIMIT_ACTIVE_PROCESS", 0x8);
    constant("JOB_OBJECT_LIMIT_JOB_MEMORY", 0x200);
    constant("JOB_OBJECT_LIMIT_PROCESS_TIME", 0x2);
    constant("JobObjectExtendedLimitInformation", 9);
    constant("JobObjectBasicUIRestrictions", 4);
    constant("JobObjectBasicAccountingInformation", 1);
    constant("TokenGroups", 2);
    constant("TokenDefaultDacl", 6);
    constant("TokenRestrictedSids", 11);
    constant("TokenSessionId", 12);
    constant("TokenElevation", 20);
    constant("TokenIsAppContainer", 29);
    constant("DISABLE_MAX_PRIVILEGE", 0x1);
    constant("LUA_TOKEN", 0x4);
    constant("WRITE_RESTRICTED", 0x8);
    constant("SE_GROUP_LOGON_ID", 0xC0000000L);
    constant("FILE_PERSISTENT_ACLS", 0x8);
    constant("FILE_ATTRIBUTE_REPARSE_POINT", 0x400);
    constant("CREATE_SUSPENDED", 0x4);
    constant("EXTENDED_STARTUPINFO_PRESENT", 0x80000);
    constant("CREATE_NO_WINDOW", 0x08000000);
    constant("SE_FILE_OBJECT", 1);
    constant("SE_REGISTRY_KEY", 4);
    constant("SE_KERNEL_OBJECT", 6);
    constant("ERROR_ALLOTTED_SPACE_EXCEEDED", 1344);
    constant("ERROR_PRIVILEGE_NOT_HELD", 1314);
  }

  /** Compiles the expressions; the compiler folds each into a number in the assembly. */
  private static Map<String, Long> measured(Path directory, List<String> expressions)
      throws IOException, InterruptedException {
    StringBuilder source =
        new StringBuilder(
            "#define _WIN32_WINNT 0x0A00\n"
                + "#include <stddef.h>\n#include <winsock2.h>\n#include <ws2tcpip.h>\n"
                + "#include <windows.h>\n#include <accctrl.h>\n#include <lm.h>\n"
                + "#include <ntsecapi.h>\n#include <fwpmu.h>\n#include <fwptypes.h>\n"
                + "#ifndef FWP_ACTRL_MATCH_FILTER\n#define FWP_ACTRL_MATCH_FILTER 1\n#endif\n"
                // Debian's older headers lack these three.
                + "#ifndef PROC_THREAD_ATTRIBUTE_PSEUDOCONSOLE\n"
                + "#define PROC_THREAD_ATTRIBUTE_PSEUDOCONSOLE 0x20016\n#endif\n"
                + "#ifndef PROC_THREAD_ATTRIBUTE_ALL_APPLICATION_PACKAGES_POLICY\n"
                + "#define PROC_THREAD_ATTRIBUTE_ALL_APPLICATION_PACKAGES_POLICY 0x2000F\n#endif\n"
                + "#ifndef PROC_THREAD_ATTRIBUTE_JOB_LIST\n"
                + "#define PROC_THREAD_ATTRIBUTE_JOB_LIST 0x2000D\n#endif\n"
                + "const unsigned values[] = {\n");
    expressions.forEach(expression -> source.append(expression).append(",\n"));
    source.append("0xfffffff1u};\n");
    Path file = directory.resolve("layout.c");
    Files.writeString(file, source);
    Path output = directory.resolve("layout.s");
    Process process =
        new ProcessBuilder(
                COMPILER.toString(), "-S", "-O1", "-o", output.toString(), file.toString())
            .redirectErrorStream(true)
            .start();
    String messages = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).as(messages).isZero();
    List<Long> numbers = new ArrayList<>();
    Matcher matcher = NUMBER.matcher(Files.readString(output));
    while (matcher.find()) {
      numbers.add(Long.parseLong(matcher.group(1)) & 0xffffffffL);
    }
    Map<String, Long> measured = new LinkedHashMap<>();
    for (int i = 0; i < expressions.size(); i++) {
      measured.put(expressions.get(i), numbers.get(i));
    }
    return measured;
  }
}
