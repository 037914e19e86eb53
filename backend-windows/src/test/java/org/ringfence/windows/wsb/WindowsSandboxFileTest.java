package org.ringfence.windows.wsb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.policy.EnvironmentPolicy;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.TmpPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.policy.value.InvalidPolicyException;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class WindowsSandboxFileTest {
  private static final PathContext PLACES =
      PathContext.of(PathStyle.WINDOWS, "C:\\work", "C:\\Users\\me");

  private static WindowsSandboxFile compiled(
      UnaryOperator<PolicyBuilder> change, String... command) {
    PolicyBuilder expressible =
        SandboxPolicy.builder()
            .fileDefault(FileDefault.MINIMAL)
            .protectedNames(ProtectedNames.OFF)
            .write("C:\\work");
    return WindowsSandboxFile.compile(
        EffectivePolicy.of(change.apply(expressible).build(), PLACES), List.of(command));
  }

  private static Document parsed(String text) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(text)));
  }

  private static List<String> values(Document file, String element) {
    NodeList nodes = file.getElementsByTagName(element);
    List<String> values = new ArrayList<>();
    for (int i = 0; i < nodes.getLength(); i++) {
      values.add(nodes.item(i).getTextContent());
    }
    return values;
  }

  private static void assertRefused(UnaryOperator<PolicyBuilder> change, String... words) {
    assertThatThrownBy(() -> compiled(change))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContainingAll(words)
        .satisfies(refused -> assertThat(refused.getMessage()).doesNotContain("\n"));
  }

  @Test
  void rulesBecomeMappedFoldersAndTheRestOfTheHostIsClosed() throws Exception {
    Document file =
        parsed(compiled(policy -> policy.read("D:\\tools & co").read("C:\\Windows\\Fonts")).text());
    assertThat(values(file, "HostFolder"))
        .containsExactlyInAnyOrder("C:\\work", "D:\\tools & co", "C:\\Program Files\\Java");
    int work = values(file, "HostFolder").indexOf("C:\\work");
    int tools = values(file, "HostFolder").indexOf("D:\\tools & co");
    assertThat(values(file, "ReadOnly").get(work)).isEqualTo("false");
    assertThat(values(file, "ReadOnly").get(tools)).isEqualTo("true");
    assertThat(values(file, "SandboxFolder").get(tools)).isEqualTo("C:\\tools & co");
    for (String closed :
        List.of(
            "Networking",
            "VGpu",
            "AudioInput",
            "VideoInput",
            "PrinterRedirection",
            "ClipboardRedirection")) {
      assertThat(values(file, closed)).as(closed).containsExactly("Disable");
    }
    assertThat(values(file, "ProtectedClient")).containsExactly("Enable");
    assertThat(values(file, "MemoryInMB")).isEmpty();
  }

  @Test
  void networkModeFullAndAMemoryLimitAreWritten() throws Exception {
    Document file =
        parsed(compiled(policy -> policy.network(NetworkMode.FULL).memory((4L << 30) + 5)).text());
    assertThat(values(file, "Networking")).containsExactly("Enable");
    assertThat(values(file, "MemoryInMB")).containsExactly("4096");
  }

  @Test
  void theLogonCommandOpensAWindowInTheWorkspaceAndQuotesEachWord() throws Exception {
    assertThat(
            values(
                parsed(compiled(policy -> policy, "C:\\my tools\\t.exe", "a b", "d\\").text()),
                "Command"))
        .containsExactly(
            "cmd.exe /d /s /c \"start \"Ringfence\" /d \"C:\\work\" cmd.exe /d /s /k"
                + " \"\"C:\\my tools\\t.exe\" \"a b\" \"d\\\\\"\"\"");
    assertThat(compiled(policy -> policy).logonCommand())
        .isEqualTo("cmd.exe /d /s /c \"start \"Ringfence\" /d \"C:\\work\" cmd.exe /d\"");
  }

  @Test
  void wordsThatACommandPromptInterpretsAreRefused() {
    for (String word : List.of("a&b", "%PATH%", "a\"b", "!x!", "a|b", "a\nb", "(a)", "^")) {
      assertThatThrownBy(() -> compiled(policy -> policy, "tool", word))
          .as(word)
          .isInstanceOf(InvalidPolicyException.class)
          .hasMessageContaining("script in a mapped folder");
    }
  }

  @Test
  void partsThatTheFileCannotExpressAreRefusedWithTheirField() {
    assertRefused(policy -> policy.fileDefault(FileDefault.READ), "files.default", "'read'");
    assertRefused(policy -> policy.fileDefault(FileDefault.WRITE), "files.default", "'write'");
    assertRefused(policy -> policy.tmp(TmpPolicy.SHARED), "tmp", "'shared'");
    assertRefused(
        policy -> policy.protectedNames(ProtectedNames.READ_ONLY), "protectedNames", "'read-only'");
    assertRefused(policy -> policy.protectedPath("C:\\work\\ci"), "files.protectedPaths", "ci");
    assertRefused(policy -> policy.denyGlobs(List.of("**/.env")), "files.denyGlobs", "**/.env");
    assertRefused(policy -> policy.none("C:\\work\\secret"), "files.rules", "C:\\work\\secret");
    assertRefused(policy -> policy.read("C:\\work\\kept"), "files.rules", "C:\\work\\kept");
    assertRefused(policy -> policy.read("C:\\"), "files.rules", "hides Windows");
    assertRefused(policy -> policy.read("D:\\work"), "files.rules", "only drive");
    assertRefused(
        policy -> policy.network(NetworkMode.ALLOWLIST).allowHost("example.org"), "network.mode");
    assertRefused(
        policy -> policy.network(NetworkMode.FULL).denyHost("example.org"), "network.deny");
    assertRefused(policy -> policy.publish("80"), "network.publish");
    assertRefused(policy -> policy.hostLoopbackPort(99), "network.hostLoopbackPorts");
    assertRefused(policy -> policy.memory(1L << 30), "limits.memory", "2048MiB");
    assertRefused(policy -> policy.processes(9), "limits.processes");
    assertRefused(
        policy -> policy.inherit(EnvironmentPolicy.Inherit.ALL), "environment.inherit", "all");
    assertRefused(policy -> policy.variable("A", "b"), "environment.set", "A");
  }

  @Test
  void closedPlacesOutsideOfMappedFoldersNeedNoWords() {
    assertThat(
            compiled(policy -> policy.none("C:\\Users\\me\\.ssh").protectedPath("C:\\other\\x"))
                .folders())
        .extracting(WindowsSandboxFile.Folder::host)
        .containsExactlyInAnyOrder("C:\\work", "C:\\Program Files\\Java");
  }

  @Test
  void aWeakerGuaranteeThatThePolicyAcceptsIsNotRefused() {
    assertThat(
            compiled(
                    policy ->
                        policy
                            .protectedNames(ProtectedNames.READ_ONLY)
                            .acceptWeaker(Guarantee.FILES_PROTECTED_NAMES))
                .folders())
        .isNotEmpty();
  }

  @Test
  void filesAreNoFoldersAndPathsOfAnotherSystemAreRemarked(@TempDir Path directory)
      throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "");
    PolicyBuilder policy =
        SandboxPolicy.builder()
            .fileDefault(FileDefault.MINIMAL)
            .protectedNames(ProtectedNames.OFF)
            .write(directory.toString());
    PathContext here = PathContext.current(directory);
    WindowsSandboxFile written =
        WindowsSandboxFile.compile(EffectivePolicy.of(policy.build(), here), List.of());
    assertThat(written.folders())
        .extracting(WindowsSandboxFile.Folder::host)
        .contains(directory.toRealPath().toString());
    assertThat(written.text().contains("another system"))
        .isEqualTo(PathStyle.current() != PathStyle.WINDOWS);
    Path other = Files.createDirectory(directory.resolve("other"));
    SandboxPolicy ofFile =
        SandboxPolicy.builder()
            .fileDefault(FileDefault.MINIMAL)
            .protectedNames(ProtectedNames.OFF)
            .write(other.toString())
            .read(file.toString())
            .build();
    assertThatThrownBy(
            () -> WindowsSandboxFile.compile(EffectivePolicy.of(ofFile, here), List.of()))
        .hasMessageContaining("existing directories");
  }
}
