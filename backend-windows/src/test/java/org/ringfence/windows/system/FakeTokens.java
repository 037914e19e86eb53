package org.ringfence.windows.system;

import java.util.List;
import java.util.Set;
import org.ringfence.windows.acl.AccessCheck;
import org.ringfence.windows.acl.AccessControlList;
import org.ringfence.windows.acl.AccessMask;
import org.ringfence.windows.acl.AccessToken;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.GenericMapping;
import org.ringfence.windows.acl.SecurityDescriptor;
import org.ringfence.windows.acl.Sid;

/** The tokens of a fake Windows, with the lists that decide on opening them. */
final class FakeTokens implements Tokens {
  private static final int TOKEN_QUERY = 0x8;

  private final FakeWindows windows;

  FakeTokens(FakeWindows windows) {
    this.windows = windows;
  }

  @Override
  public Handle ofThisProcess() throws WindowsCallException {
    windows.call("OpenProcessToken");
    return windows.handle(windows.own);
  }

  @Override
  public Handle of(Handle process) throws WindowsCallException {
    windows.call("OpenProcessToken(child)");
    FakeJobs.FakeProcess opened = windows.object(process, FakeJobs.FakeProcess.class);
    // The token's own list decides, whatever the handle of the process may do. Microsoft,
    // "OpenProcessToken": a process of another account is open to SE_DEBUG_NAME alone.
    boolean open =
        AccessCheck.check(
                AccessToken.of(windows.own.user(), Set.of()),
                SecurityDescriptor.of(
                    opened.token.user(), opened.tokenList.aces().toArray(new Ace[0])),
                GenericMapping.TOKEN,
                TOKEN_QUERY)
            .allowed();
    if (!open) {
      throw new WindowsCallException("OpenProcessToken", WindowsError.ACCESS_DENIED.code());
    }
    return windows.handle(opened.token);
  }

  @Override
  public Handle of(int pid) throws WindowsCallException {
    windows.call("OpenProcess");
    if (windows.othersAreClosed) {
      throw new WindowsCallException("OpenProcessToken", WindowsError.ACCESS_DENIED.code());
    }
    return windows.handle(windows.own);
  }

  @Override
  public TokenFacts facts(Handle handle) throws WindowsCallException {
    windows.call("GetTokenInformation");
    return windows.object(handle, TokenFacts.class);
  }

  @Override
  public Handle restrict(Handle token, int flags, List<Sid> disabled, List<Sid> restricting)
      throws WindowsCallException {
    windows.call("CreateRestrictedToken");
    windows.restrictions.add(List.copyOf(restricting));
    TokenFacts from = windows.object(token, TokenFacts.class);
    return windows.handle(
        windows.forgetful
            ? from
            : new TokenFacts(
                from.user(),
                from.logon(),
                Set.of("SeChangeNotifyPrivilege"),
                restricting,
                !restricting.isEmpty(),
                false,
                false,
                from.session()));
  }

  @Override
  public void setDefaultDacl(Handle token, byte[] acl) throws WindowsCallException {
    windows.call("SetTokenInformation");
    if (windows.object(token, TokenFacts.class) == windows.own) {
      byte[] like = {1, 0, 4, (byte) 0x80};
      byte[] whole = new byte[20 + acl.length];
      System.arraycopy(like, 0, whole, 0, like.length);
      whole[16] = 20;
      System.arraycopy(acl, 0, whole, 20, acl.length);
      windows.defaultDacl = AccessControlList.ofDescriptor(whole).orElseThrow();
    }
  }

  static AccessControlList usualList(Sid user) {
    return AccessControlList.of(
        new Ace(Ace.Type.ALLOW, user, AccessMask.GENERIC_ALL, Ace.Scope.OBJECT),
        new Ace(Ace.Type.ALLOW, Sid.SYSTEM, AccessMask.GENERIC_ALL, Ace.Scope.OBJECT));
  }
}
