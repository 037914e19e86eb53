package org.ringfence.windows.probe;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.ringfence.windows.acl.AccessCheck;
import org.ringfence.windows.acl.AccessControlList;
import org.ringfence.windows.acl.AccessMask;
import org.ringfence.windows.acl.AccessToken;
import org.ringfence.windows.acl.GenericMapping;
import org.ringfence.windows.acl.SecurityDescriptor;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsError;
import org.ringfence.windows.system.WindowsSystem;

/**
 * Finds places that programs rely on and that a model of the access check shows open to everyone.
 */
public final class WorldWritableDirectories {
  private final WindowsSystem windows;
  private final Map<String, String> environment;

  public WorldWritableDirectories(WindowsSystem windows, Map<String, String> environment) {
    this.windows = windows;
    this.environment = environment;
  }

  /** Returns the places that are writable when Everyone is among the restricting SIDs. */
  public List<String> writable() throws WindowsCallException {
    AccessToken token;
    try (Handle own = windows.tokens().ofThisProcess()) {
      token =
          AccessToken.of(
                  windows.tokens().facts(own).user(),
                  Set.of(Sid.EVERYONE, Sid.USERS, Sid.AUTHENTICATED_USERS))
              .restricted(Set.of(Sid.EVERYONE), true);
    }
    return open(token, AccessMask.WRITE_DATA);
  }

  /** Returns the places where a dedicated account deletes files: that is no right of writing. */
  public List<String> deletable(Sid user, Sid group) {
    return open(
        AccessToken.of(user, Set.of(Sid.EVERYONE, Sid.USERS, Sid.AUTHENTICATED_USERS, group))
            .restricted(Set.of(), true),
        AccessMask.DELETE_CHILD);
  }

  private List<String> open(AccessToken token, int right) {
    Set<String> places = new LinkedHashSet<>();
    for (String name : List.of("SystemDrive", "ProgramData", "PUBLIC", "TEMP")) {
      Optional.ofNullable(environment.get(name)).ifPresent(place -> places.add(place + "\\"));
    }
    environment.entrySet().stream()
        .filter(variable -> variable.getKey().equalsIgnoreCase("PATH"))
        .forEach(variable -> places.addAll(List.of(variable.getValue().split(";"))));
    List<String> open = new ArrayList<>();
    for (String place : places) {
      if (!place.isBlank() && lets(place, token, right)) {
        open.add(place);
      }
    }
    return open;
  }

  /** A place that cannot be examined does not count as closed. */
  private boolean lets(String place, AccessToken token, int right) {
    try (Handle file = windows.files().open(place, false)) {
      byte[] descriptor = windows.security().descriptor(file);
      Optional<AccessControlList> list = AccessControlList.ofDescriptor(descriptor);
      SecurityDescriptor security =
          new SecurityDescriptor(
              AccessControlList.ownerOf(descriptor).orElse(Sid.SYSTEM),
              list.map(AccessControlList::aces),
              Optional.empty());
      return AccessCheck.check(token, security, GenericMapping.FILE, right).allowed();
    } catch (WindowsCallException e) {
      return e.code() != WindowsError.FILE_NOT_FOUND.code()
          && e.code() != WindowsError.PATH_NOT_FOUND.code();
    }
  }
}
