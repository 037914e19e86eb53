package org.ringfence.windows.plan;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.ringfence.windows.acl.AccessCheck;
import org.ringfence.windows.acl.AccessControlList;
import org.ringfence.windows.acl.AccessToken;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.GenericMapping;
import org.ringfence.windows.acl.SecurityDescriptor;
import org.ringfence.windows.acl.Sid;

/** Permanent read grants for dedicated accounts: tools, never secrets. */
public final class ReadGrants {
  private static final Set<String> SECRETS =
      Set.of(
          ".SSH",
          ".AWS",
          ".AZURE",
          ".GNUPG",
          ".KUBE",
          ".DOCKER",
          ".CONFIG",
          ".NETRC",
          "_NETRC",
          ".GIT-CREDENTIALS",
          "CREDENTIALS",
          "PROTECT",
          "CRYPTO",
          "VAULT");

  /** The depth of a profile: drive, Users, name. */
  private static final int PROFILE_DEPTH = 3;

  private ReadGrants() {}

  /**
   * Returns why a path cannot get a permanent read grant.
   *
   * @param path an absolute path
   * @return the reason; empty when it can
   */
  public static Optional<String> refusal(String path) {
    Optional<String> hazard = PathHazard.of(path);
    if (hazard.isPresent()) {
      return hazard;
    }
    List<String> parts = List.of(path.toUpperCase(Locale.ROOT).split("\\\\+"));
    for (String part : parts) {
      if (SECRETS.contains(part)) {
        return Optional.of("secrets lie in " + part.toLowerCase(Locale.ROOT));
      }
    }
    boolean users = parts.size() > 1 && parts.get(1).equals("USERS");
    if (parts.size() < 2 || users && parts.size() <= PROFILE_DEPTH) {
      return Optional.of("it is a volume's root or a profile; use the tool's own directory");
    }
    return users
            && parts.size() > PROFILE_DEPTH
            && parts.get(PROFILE_DEPTH).equals("APPDATA")
            && parts.size() <= PROFILE_DEPTH + 2
        ? Optional.of("it is a whole part of a profile; use the tool's own directory")
        : Optional.empty();
  }

  /**
   * Returns whether a file's or directory's present list lets a group's accounts read it.
   *
   * @param group the group
   * @param owner the file's owner
   * @param list its list; empty for a NULL one
   * @return true if they do
   */
  public static boolean readable(Sid group, Sid owner, Optional<AccessControlList> list) {
    return AccessCheck.check(
            AccessToken.of(group, Set.of(Sid.EVERYONE, Sid.USERS, Sid.AUTHENTICATED_USERS, group)),
            new SecurityDescriptor(owner, list.map(AccessControlList::aces), Optional.empty()),
            GenericMapping.FILE,
            GenericMapping.FILE.read() | GenericMapping.FILE.execute())
        .allowed();
  }

  /**
   * Returns the entry that lets a group's accounts read.
   *
   * @param group the group
   * @return the entry
   */
  public static Ace entry(Sid group) {
    return new Ace(
        Ace.Type.ALLOW,
        group,
        GenericMapping.FILE.read() | GenericMapping.FILE.execute(),
        Ace.Scope.TREE);
  }
}
