package org.ringfence.windows.bind;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.Memory;
import com.sun.jna.platform.win32.WinDef.BOOLByReference;
import com.sun.jna.platform.win32.WinDef.DWORD;
import com.sun.jna.platform.win32.WinDef.DWORDByReference;
import com.sun.jna.platform.win32.WinNT;
import com.sun.jna.platform.win32.WinNT.GENERIC_MAPPING;
import com.sun.jna.platform.win32.WinNT.HANDLEByReference;
import com.sun.jna.platform.win32.WinNT.PRIVILEGE_SET;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.ringfence.windows.acl.AccessCheck;
import org.ringfence.windows.acl.AccessMask;
import org.ringfence.windows.acl.AccessToken;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.GenericMapping;
import org.ringfence.windows.acl.SecurityDescriptor;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.Tokens;

/**
 * Compares the model of the access check with the system's AccessCheck, on random lists and
 * requests.
 */
@EnabledOnOs(value = OS.WINDOWS, disabledReason = "asks AccessCheck; runs under Wine, too")
class RealAccessCheckTest {
  private static final Sid OTHER = new Sid("S-1-5-21-5-6-7-1001");
  private static final Sid CAP = new Sid("S-1-5-21-5-6-7-8");
  private static final int ROUNDS = 3000;
  private static final int[] RIGHTS = {
    AccessMask.READ_DATA,
    AccessMask.WRITE_DATA,
    AccessMask.APPEND_DATA,
    AccessMask.DELETE_CHILD,
    AccessMask.WRITE_ATTRIBUTES,
    AccessMask.DELETE,
    AccessMask.READ_CONTROL,
    AccessMask.WRITE_DAC,
    0x120089,
    0x120116,
    AccessMask.MODIFY
  };

  private final NativeWindows windows = new NativeWindows();
  private final Random random = new Random(17);

  private Ace ace(List<Sid> sids) {
    int mask = 0;
    for (int i = random.nextInt(3); i >= 0; i--) {
      mask |= RIGHTS[random.nextInt(RIGHTS.length)];
    }
    return new Ace(
        random.nextBoolean() ? Ace.Type.ALLOW : Ace.Type.DENY,
        sids.get(random.nextInt(sids.size())),
        mask,
        random.nextInt(6) == 0 ? Ace.Scope.BELOW : Ace.Scope.OBJECT);
  }

  /** Returns whether the system grants a request. */
  private boolean real(Handle token, byte[] descriptor, int desired) {
    HANDLEByReference copy = new HANDLEByReference();
    Advapi32Calls calls = Advapi32Calls.INSTANCE;
    assertThat(
            calls.DuplicateTokenEx(
                NativeWindows.handle(token),
                WinNT.TOKEN_QUERY | WinNT.TOKEN_IMPERSONATE,
                null,
                WinNT.SECURITY_IMPERSONATION_LEVEL.SecurityImpersonation,
                WinNT.TOKEN_TYPE.TokenImpersonation,
                copy))
        .isTrue();
    GENERIC_MAPPING mapping = new GENERIC_MAPPING();
    mapping.genericRead = new DWORD(GenericMapping.FILE.read());
    mapping.genericWrite = new DWORD(GenericMapping.FILE.write());
    mapping.genericExecute = new DWORD(GenericMapping.FILE.execute());
    mapping.genericAll = new DWORD(GenericMapping.FILE.all());
    PRIVILEGE_SET privileges = new PRIVILEGE_SET(4);
    BOOLByReference status = new BOOLByReference();
    try (Memory memory = NativeWindows.memory(descriptor);
        Handle owned = NativeWindows.owned(copy.getValue())) {
      boolean asked =
          calls.AccessCheck(
              memory,
              NativeWindows.handle(owned),
              new DWORD(desired),
              mapping,
              privileges,
              new DWORDByReference(new DWORD(privileges.size())),
              new DWORDByReference(),
              status);
      assertThat(asked).as("error %s", com.sun.jna.Native.getLastError()).isTrue();
      return status.getValue().booleanValue();
    }
  }

  private void compare(Handle token, AccessToken model, List<Sid> owners, List<Sid> sids)
      throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      List<Ace> aces = new ArrayList<>();
      for (int i = random.nextInt(5); i > 0; i--) {
        aces.add(ace(sids));
      }
      Sid owner = owners.get(random.nextInt(owners.size()));
      StringBuilder sddl = new StringBuilder("O:" + owner + "G:SYD:");
      aces.forEach(sddl::append);
      int desired = RIGHTS[random.nextInt(RIGHTS.length)] | RIGHTS[random.nextInt(RIGHTS.length)];
      SecurityDescriptor object =
          new SecurityDescriptor(owner, Optional.of(aces), Optional.empty());
      assertThat(AccessCheck.check(model, object, GenericMapping.FILE, desired).allowed())
          .as("%s asked for 0x%x", sddl, desired)
          .isEqualTo(real(token, windows.security().ofSddl(sddl.toString()), desired));
    }
  }

  /** Wine evaluates the list before the owner's rights; Windows does the reverse. */
  private List<Sid> owners(Sid user) {
    return windows.machine().version().contains("Wine") ? List.of(OTHER) : List.of(user, OTHER);
  }

  @Test
  void modelAgreesWithAccessCheckForAnUnrestrictedToken() throws Exception {
    try (Handle own = windows.tokens().ofThisProcess()) {
      Sid user = windows.tokens().facts(own).user();
      compare(
          own,
          AccessToken.of(user, Set.of(Sid.EVERYONE)),
          owners(user),
          List.of(user, Sid.EVERYONE, OTHER, CAP));
    }
  }

  @Test
  void modelAgreesWithAccessCheckForAWriteRestrictedToken() throws Exception {
    try (Handle own = windows.tokens().ofThisProcess();
        Handle restricted =
            windows.tokens().restrict(own, Tokens.WRITE_RESTRICTED, List.of(), List.of(CAP))) {
      assumeTrue(
          windows.tokens().facts(restricted).restricted(),
          "this system does not restrict tokens (Wine does not)");
      Sid user = windows.tokens().facts(own).user();
      compare(
          restricted,
          AccessToken.of(user, Set.of(Sid.EVERYONE)).restricted(Set.of(CAP), true),
          owners(user),
          List.of(user, Sid.EVERYONE, OTHER, CAP));
    }
  }
}
