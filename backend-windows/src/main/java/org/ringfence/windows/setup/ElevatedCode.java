package org.ringfence.windows.setup;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
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
 * The code that an elevated process runs. Whoever may change it between the prompt and the start
 * becomes an administrator: a program of this user, or another user.
 */
public final class ElevatedCode {
  private static final Set<Sid> ALL_USERS =
      Set.of(Sid.EVERYONE, Sid.USERS, Sid.AUTHENTICATED_USERS, new Sid("S-1-5-4"));

  /** Rights with which a path is replaced: it is renamed, or its list is changed first. */
  private static final int[] REPLACING = {
    AccessMask.DELETE, AccessMask.WRITE_DAC, AccessMask.WRITE_OWNER
  };

  /** Variables from which a JVM takes options, also an elevated one. */
  private static final List<String> OPTIONS =
      List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS");

  /** Parts of a JVM that are loaded as code, or name code. */
  private static final List<String> PARTS =
      List.of("bin", "bin/server", "bin/server/jvm.dll", "lib", "lib/modules", "lib/jvm.cfg");

  private final WindowsSystem windows;
  private final Sid user;

  /**
   * Prepares a look at files.
   *
   * @param windows the system
   * @param user the user of this process
   */
  public ElevatedCode(WindowsSystem windows, Sid user) {
    this.windows = windows;
    this.user = user;
  }

  /**
   * Returns why the code of a JVM must not run with an administrator's rights.
   *
   * @param java the program
   * @param javaHome the directory of the JVM
   * @param libraries archives and directories of classes
   * @param environment the variables of this process
   * @return the reason; empty if only administrators can change the code
   */
  public Optional<String> problem(
      Path java, Path javaHome, List<String> libraries, Map<String, String> environment) {
    for (String name : OPTIONS) {
      if (environment.keySet().stream().anyMatch(name::equalsIgnoreCase)) {
        return Optional.of(name + " is set, and adds code to each JVM");
      }
    }
    Map<Path, Boolean> paths = new LinkedHashMap<>();
    List<Path> code = new ArrayList<>(List.of(java));
    PARTS.forEach(part -> code.add(javaHome.resolve(part)));
    libraries.forEach(library -> code.add(Path.of(library)));
    code.forEach(path -> paths.put(path, true));
    for (Path path : code) {
      for (Path above = path.getParent(); above != null; above = above.getParent()) {
        paths.putIfAbsent(above, false);
      }
    }
    for (Map.Entry<Path, Boolean> path : paths.entrySet()) {
      if (changeable(path.getKey(), path.getValue(), path.getKey().equals(java))) {
        return Optional.of(path.getKey() + " can be changed without an administrator's rights");
      }
    }
    return Optional.empty();
  }

  private boolean changeable(Path path, boolean code, boolean required) {
    try (Handle file = windows.files().open(path.toString(), false)) {
      byte[] descriptor = windows.security().descriptor(file);
      SecurityDescriptor security =
          new SecurityDescriptor(
              AccessControlList.ownerOf(descriptor).orElse(user),
              AccessControlList.ofDescriptor(descriptor).map(AccessControlList::aces),
              Optional.empty());
      if (code
              && (allowed(security, AccessMask.WRITE_DATA)
                  || allowed(security, AccessMask.APPEND_DATA))
          || !code && allowed(security, AccessMask.DELETE_CHILD)) {
        return true;
      }
      for (int right : REPLACING) {
        if (allowed(security, right)) {
          return true;
        }
      }
      return false;
    } catch (WindowsCallException e) {
      boolean missing =
          e.code() == WindowsError.FILE_NOT_FOUND.code()
              || e.code() == WindowsError.PATH_NOT_FOUND.code();
      // A part that this JVM does not have cannot be changed; what cannot be looked at may be.
      return required || !missing;
    }
  }

  private boolean allowed(SecurityDescriptor security, int right) {
    return AccessCheck.check(AccessToken.of(user, ALL_USERS), security, GenericMapping.FILE, right)
        .allowed();
  }
}
