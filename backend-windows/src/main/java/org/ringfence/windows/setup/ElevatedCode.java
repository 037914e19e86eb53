package org.ringfence.windows.setup;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.ringfence.windows.acl.AccessControlList;
import org.ringfence.windows.acl.AccessMask;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.GenericMapping;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsSystem;

/**
 * The code that an elevated process runs. Another program that may change it becomes an
 * administrator when a person answers the prompt: so only the system and administrators may.
 */
public final class ElevatedCode {
  /** Accounts that have an administrator's rights anyhow, and the owner, which is one of them. */
  private static final Set<Sid> TRUSTED =
      Set.of(
          Sid.SYSTEM,
          Sid.ADMINISTRATORS,
          Sid.TRUSTED_INSTALLER,
          Sid.CREATOR_OWNER,
          Sid.OWNER_RIGHTS);

  /** Rights with which a path is replaced: it is renamed, or its list is changed first. */
  private static final int REPLACING =
      AccessMask.DELETE | AccessMask.DELETE_CHILD | AccessMask.WRITE_DAC | AccessMask.WRITE_OWNER;

  /** Rights with which code is changed, or code is put beside it. */
  private static final int CHANGING =
      REPLACING
          | AccessMask.WRITE_DATA
          | AccessMask.APPEND_DATA
          | AccessMask.WRITE_EA
          | AccessMask.WRITE_ATTRIBUTES;

  /** Variables from which a JVM takes options, also an elevated one. */
  private static final List<String> OPTIONS =
      List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS");

  /**
   * Variables of the system. A user who sets them sets them for elevated processes, too
   * (hfiref0x/UACME#88), and directories are named by them.
   */
  private static final List<String> SYSTEM =
      List.of(
          "SystemRoot",
          "windir",
          "SystemDrive",
          "ComSpec",
          "ProgramData",
          "ALLUSERSPROFILE",
          "ProgramFiles",
          "ProgramFiles(x86)",
          "ProgramW6432",
          "CommonProgramFiles",
          "CommonProgramFiles(x86)",
          "CommonProgramW6432");

  private static final String PLACE =
      "install Java and Ringfence in Program Files, as an administrator, or use an elevated prompt";

  private final WindowsSystem windows;

  /**
   * Prepares a look at files.
   *
   * @param windows the system
   */
  public ElevatedCode(WindowsSystem windows) {
    this.windows = windows;
  }

  /**
   * The parts of the code.
   *
   * @param java the program
   * @param javaHome the directory of its JVM
   * @param libraries archives and directories of classes
   * @param unpacked the directory in which the elevated process makes its own one for libraries
   */
  public record Parts(Path java, Path javaHome, List<String> libraries, Path unpacked) {
    /** Copies the list. */
    public Parts {
      libraries = List.copyOf(libraries);
    }
  }

  /**
   * Why code must not run elevated.
   *
   * @param reason what another program may change
   * @param remedy what closes that
   */
  public record Problem(String reason, String remedy) {}

  /**
   * Returns why code must not run with an administrator's rights.
   *
   * @param parts the code
   * @param environment the variables of this process
   * @return the problem; empty if only administrators can change the code
   */
  public Optional<Problem> problem(Parts parts, Map<String, String> environment) {
    return variable(environment)
        .or(
            () -> {
              try {
                new Look(parts).all();
                return Optional.empty();
              } catch (Changeable e) {
                return Optional.of(new Problem(e.getMessage(), PLACE));
              } catch (IOException e) {
                return Optional.of(
                    new Problem("the code cannot be looked through: " + e.getMessage(), PLACE));
              }
            });
  }

  private Optional<Problem> variable(Map<String, String> environment) {
    for (String name : OPTIONS) {
      if (environment.keySet().stream().anyMatch(name::equalsIgnoreCase)) {
        return Optional.of(
            new Problem(
                name + " is set, and adds code to each JVM",
                "remove the variable, and start this again"));
      }
    }
    // An elevated process gets its variables from the registry, not from this one.
    List<String> bad = new ArrayList<>(OPTIONS);
    bad.addAll(SYSTEM);
    try {
      for (String found : windows.administration().logons().registeredVariables()) {
        if (bad.stream().anyMatch(found::equalsIgnoreCase)) {
          return Optional.of(
              new Problem(
                  "the registry sets "
                      + found
                      + " for programs of this user, also for elevated ones",
                  "remove it: reg delete HKCU\\Environment /v "
                      + found
                      + " (or below HKCU\\Volatile Environment)"));
        }
      }
    } catch (WindowsCallException e) {
      return Optional.of(
          new Problem(
              "the user's variables in the registry cannot be read: " + e.getMessage(),
              "use an elevated prompt"));
    }
    return Optional.empty();
  }

  /** An account that is no administrator's can change code. */
  private static final class Changeable extends IOException {
    private static final long serialVersionUID = 1L;

    private Changeable(String message) {
      super(message);
    }
  }

  /** One look at all parts. */
  private final class Look extends SimpleFileVisitor<Path> {
    private final Parts parts;

    private Look(Parts parts) {
      this.parts = parts;
    }

    private void all() throws IOException {
      tree(parts.javaHome());
      one(parts.java());
      for (String library : parts.libraries()) {
        Path path = Path.of(library);
        if (Files.isDirectory(path)) {
          tree(path);
        } else {
          one(path);
          // An archive names others beside it.
          one(path.getParent());
        }
      }
      one(parts.unpacked());
    }

    private void tree(Path directory) throws IOException {
      one(directory);
      Files.walkFileTree(directory.toRealPath(), this);
    }

    /** Checks a path, and the one without links, with the directories above each. */
    private void one(Path path) throws IOException {
      for (Path form : List.of(path, path.toRealPath())) {
        for (Path above = form.getParent(); above != null; above = above.getParent()) {
          check(above, REPLACING);
        }
        check(form, CHANGING);
      }
    }

    @Override
    public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
        throws IOException {
      return visitFile(directory, attributes);
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      if (attributes.isSymbolicLink() || attributes.isOther()) {
        throw new Changeable(file + " is a link, whose target is code of another place");
      }
      check(file, CHANGING);
      return FileVisitResult.CONTINUE;
    }
  }

  private void check(Path path, int rights) throws IOException {
    try (Handle file = windows.files().open(path.toString(), false)) {
      byte[] descriptor = windows.security().descriptor(file);
      Optional<String> account = changing(descriptor, rights);
      if (account.isPresent()) {
        throw new Changeable(
            path + " can be changed without an administrator's rights, by " + account.get());
      }
    } catch (WindowsCallException e) {
      throw new Changeable(path + " cannot be looked at: " + e.getMessage());
    }
  }

  /**
   * Returns an account that is not trusted and has one of some rights. Entries that deny are not
   * looked at: they may come too late, and none is needed where only administrators write.
   */
  private static Optional<String> changing(byte[] descriptor, int rights) {
    Optional<Sid> owner = AccessControlList.ownerOf(descriptor);
    if (owner.isEmpty() || !TRUSTED.contains(owner.get())) {
      return Optional.of("its owner" + owner.map(sid -> " " + sid).orElse(""));
    }
    Optional<AccessControlList> list = AccessControlList.ofDescriptor(descriptor);
    if (list.isEmpty()) {
      return Optional.of("everybody: it has no access control list");
    }
    if (!list.get().plain()) {
      return Optional.of("an entry of a kind that Ringfence does not know");
    }
    return list.get().aces().stream()
        .filter(ace -> ace.type() == Ace.Type.ALLOW && ace.scope() != Ace.Scope.BELOW)
        .filter(ace -> !TRUSTED.contains(ace.sid()))
        .filter(ace -> (GenericMapping.FILE.map(ace.mask()) & rights) != 0)
        .map(ace -> ace.sid().text())
        .findFirst();
  }
}
