package org.ringfence.windows.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.ringfence.windows.acl.AccessToken;
import org.ringfence.windows.acl.Sid;

/** The model of programs gives the results that others reported from a real Windows. */
class ToolModelTest {
  private static final Sid USER = new Sid("S-1-5-21-1-1-1-1001");
  private static final Sid ACCOUNT = new Sid("S-1-5-21-1-1-1-2001");
  private static final Sid LOGON = new Sid("S-1-5-5-0-77");
  private static final Sid ROOT = Sid.synthetic(new byte[] {1}, "root");
  private static final Sid SESSION = Sid.synthetic(new byte[] {1}, "session");

  private static ProgramCaller of(AccessToken token, boolean fitted) {
    return new ProgramCaller(token, USER, SESSION, Optional.of(LOGON), fitted, fitted);
  }

  private static AccessToken ordinary(Sid user, Sid... more) {
    Set<Sid> groups = new HashSet<>(Set.of(Sid.EVERYONE, Sid.USERS, Sid.AUTHENTICATED_USERS));
    groups.addAll(List.of(more));
    return AccessToken.of(user, groups);
  }

  private static AccessToken restricted(AccessToken token, Sid... more) {
    Set<Sid> sids = new HashSet<>(Set.of(ROOT, SESSION));
    sids.addAll(List.of(more));
    return token.restricted(sids, true);
  }

  private static List<ToolModel> failing(ProgramCaller caller) {
    return Arrays.stream(ToolModel.values()).filter(tool -> !tool.runs(caller)).toList();
  }

  @Test
  void everyProgramRunsAsTheUser() {
    assertThat(failing(of(ordinary(USER, LOGON), false))).isEmpty();
    assertThat(ToolModel.failing(of(ordinary(USER, LOGON), false))).isEmpty();
  }

  /** openai/codex#44838 and pull request 20270; future-os for PowerShell; mxc for NUL. */
  @Test
  void restrictedTokenClosesPipesAndWithoutEveryoneNulAndPowerShell() {
    assertThat(failing(of(restricted(ordinary(USER, LOGON), LOGON, Sid.EVERYONE), false)))
        .containsExactly(
            ToolModel.NODE_PIPED,
            ToolModel.PYTHON_MULTIPROCESSING,
            ToolModel.NINJA,
            ToolModel.MSBUILD);
    assertThat(failing(of(restricted(ordinary(USER, LOGON), LOGON), false)))
        .contains(ToolModel.CMD, ToolModel.POWERSHELL, ToolModel.MSYS, ToolModel.GIT)
        .doesNotContain(ToolModel.JAVA, ToolModel.DOTNET, ToolModel.NODE);
  }

  /** sandbox-runtime, {@code winsta.rs}: MSYS makes a directory of the session's named objects. */
  @Test
  void msysNeedsTheLogonSession() {
    assertThat(ToolModel.MSYS.runs(of(restricted(ordinary(USER, LOGON), Sid.EVERYONE), false)))
        .isFalse();
    assertThat(
            ToolModel.MSYS.runs(of(restricted(ordinary(USER, LOGON), LOGON, Sid.EVERYONE), false)))
        .isTrue();
  }

  /** openai/codex, pull request 20270: its own SID among the restricting SIDs lets Ninja run. */
  @Test
  void ownSidOpensPipesOfAnAccount() {
    AccessToken account = ordinary(ACCOUNT);
    assertThat(failing(of(restricted(account, Sid.EVERYONE), true))).contains(ToolModel.NINJA);
    assertThat(failing(of(restricted(account, Sid.EVERYONE, ACCOUNT), true)))
        .containsExactly(ToolModel.MSYS);
  }

  /** openai/codex#18861 ({@code lstat}) and the check of owners in Git. */
  @Test
  void accountCannotLookAtParentsOrUseGitUnlessItIsTold() {
    AccessToken token = restricted(ordinary(ACCOUNT), Sid.EVERYONE, ACCOUNT);
    assertThat(failing(of(token, false)))
        .containsExactly(ToolModel.NODE, ToolModel.MSYS, ToolModel.GIT);
    assertThat(ToolModel.failing(of(token, false)))
        .containsExactly(
            "MSYS and Cygwin programs (named objects of the session)",
            "Node (the directories above the workspace)",
            "Git (another user owns the workspace)");
  }

  /** winsiderss/systeminformer#436: no program that looks at its own token starts. */
  @Test
  void closedTokenStopsPrograms() {
    // Neither the user nor the session restricts the token, and looking is no writing: it is open.
    assertThat(OpenedObject.OWN_TOKEN.opens(of(restricted(ordinary(USER)), false))).isTrue();
    AccessToken stranger = ordinary(ACCOUNT).restricted(Set.of(ROOT), false);
    assertThat(OpenedObject.OWN_TOKEN.opens(of(stranger, false))).isFalse();
  }

  /** mxc, {@code docs/host-prep.md}, for NUL and the root; Microsoft for pipes of containers. */
  @Test
  void containerOpensNeitherNulNorTheRootOfTheDrive() {
    AccessToken container =
        ordinary(USER, LOGON)
            .inContainer(
                new AccessToken.Container(new Sid("S-1-15-2-1-2-3-4-5-6-7"), Set.of(), false));
    assertThat(OpenedObject.NULL_DEVICE.opens(of(container, true))).isFalse();
    assertThat(OpenedObject.DRIVE_ROOT.opens(of(container, true))).isFalse();
    assertThat(OpenedObject.PARENT.opens(of(container, false))).isFalse();
    assertThat(OpenedObject.PARENT.opens(of(container, true))).isTrue();
    assertThat(failing(of(container, true)))
        .contains(ToolModel.CMD, ToolModel.NODE, ToolModel.MSYS, ToolModel.NODE_PIPED)
        .doesNotContain(ToolModel.JAVA, ToolModel.POWERSHELL);
  }
}
