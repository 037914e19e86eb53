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

/** Our structures and constants against what a compiler makes of the Windows headers. */
class HeaderLayoutTest {
  private static final Path COMPILER = Path.of("/usr/bin/x86_64-w64-mingw32-gcc");
  private static final Pattern NUMBER = Pattern.compile("\\.(?:long|quad)\\s+(-?\\d+)");

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
  void layoutsAndConstantsAreThoseOfTheHeaders(@TempDir Path directory) throws Exception {
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
    JobObjectBasicAccountingInformation accounting = new JobObjectBasicAccountingInformation();
    size("JOBOBJECT_BASIC_ACCOUNTING_INFORMATION", accounting);
    at("JOBOBJECT_BASIC_ACCOUNTING_INFORMATION", "ActiveProcesses", accounting, "activeProcesses");
    SecurityCapabilities capabilities = new SecurityCapabilities();
    size("SECURITY_CAPABILITIES", capabilities);
    at("SECURITY_CAPABILITIES", "CapabilityCount", capabilities, "capabilityCount");
    ByHandleFileInformation file = new ByHandleFileInformation();
    size("BY_HANDLE_FILE_INFORMATION", file);
    at("BY_HANDLE_FILE_INFORMATION", "dwVolumeSerialNumber", file, "volumeSerialNumber");
    at("BY_HANDLE_FILE_INFORMATION", "nNumberOfLinks", file, "numberOfLinks");
    at("BY_HANDLE_FILE_INFORMATION", "nFileIndexHigh", file, "fileIndexHigh");
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

  private void constants() {
    constant("PROC_THREAD_ATTRIBUTE_HANDLE_LIST", 0x20002);
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

  /** The compiler folds each expression into a number of its assembly. */
  private static Map<String, Long> measured(Path directory, List<String> expressions)
      throws IOException, InterruptedException {
    StringBuilder source =
        new StringBuilder(
            "#define _WIN32_WINNT 0x0A00\n"
                + "#include <stddef.h>\n#include <windows.h>\n#include <accctrl.h>\n"
                // Left out by the older headers of Debian.
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
