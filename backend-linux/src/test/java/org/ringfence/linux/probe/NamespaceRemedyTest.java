package org.ringfence.linux.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Checks that the remedy names the switch which is off, as Ubuntu's and Debian's kernels show it.
 */
class NamespaceRemedyTest {
  @TempDir Path procfs;

  private void write(String file, String value) throws IOException {
    Path path = procfs.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, value + "\n");
  }

  @ParameterizedTest
  @CsvSource({
    "sys/kernel/apparmor_restrict_unprivileged_userns,1,0,apparmor-profiles",
    "sys/kernel/unprivileged_userns_clone,0,1,kernel.unprivileged_userns_clone=1",
    "sys/user/max_user_namespaces,0,1,user.max_user_namespaces=15000"
  })
  void remedyNamesTheSwitchThatIsOff(String file, String off, String on, String named)
      throws IOException {
    write("self/ns/user", "");
    write(file, off);
    assertThat(NamespaceRemedy.of(procfs, false, false)).contains(named);
    write(file, on);
    assertThat(NamespaceRemedy.of(procfs, false, false)).doesNotContain(named);
  }

  @Test
  void appArmorIsLiftedByAProfileOrASwitch() throws IOException {
    write("sys/kernel/apparmor_restrict_unprivileged_userns", "1");
    assertThat(NamespaceRemedy.of(procfs, false, false))
        .contains(
            "bwrap-userns-restrict",
            "/etc/apparmor.d",
            "kernel.apparmor_restrict_unprivileged_userns=0",
            "landlock needs none");
  }

  /** A container shows the host's switches, too; lifting them would not help there. */
  @Test
  void containersFilterIsNamedBeforeTheSwitchesOfTheHost() throws IOException {
    write("sys/kernel/apparmor_restrict_unprivileged_userns", "1");
    assertThat(NamespaceRemedy.of(procfs, true, false))
        .contains("in a container")
        .doesNotContain("apparmor");
  }

  @Test
  void setuidProgramIsSaidToHaveNoEffect() throws IOException {
    write("self/ns/user", "");
    assertThat(NamespaceRemedy.of(procfs, false, true)).contains("setuid");
    Files.delete(procfs.resolve("self/ns/user"));
    assertThat(NamespaceRemedy.of(procfs, false, true)).contains("CONFIG_USER_NS");
  }
}
