package org.ringfence.windows.tool;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.ringfence.windows.acl.AccessCheck;
import org.ringfence.windows.acl.AccessMask;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.GenericMapping;
import org.ringfence.windows.acl.SecurityDescriptor;
import org.ringfence.windows.acl.SecurityDescriptor.MandatoryLabel;
import org.ringfence.windows.acl.Sid;

/**
 * An object that programs open, with the list that Windows gives it. Each constant has the document
 * or the measurement of others that it comes from; none was measured by this project.
 */
public enum OpenedObject {
  /**
   * {@code \Device\Null}, for writing. Its list after each boot: microsoft/mxc, {@code
   * docs/host-prep.md}.
   */
  NULL_DEVICE("NUL", GenericMapping.FILE, GenericMapping.FILE.write()) {
    @Override
    SecurityDescriptor descriptor(ProgramCaller caller) {
      return new SecurityDescriptor(
          Sid.ADMINISTRATORS,
          Optional.of(
              List.of(
                  allow(Sid.EVERYONE, GenericMapping.FILE.read() | GenericMapping.FILE.write()),
                  allow(Sid.SYSTEM, GenericMapping.FILE.all()),
                  allow(Sid.ADMINISTRATORS, GenericMapping.FILE.all()))),
          Optional.of(new MandatoryLabel(MandatoryLabel.LOW, true, false, false)));
    }
  },

  /**
   * {@code \Device\Afd}, for reading and writing: each socket is a handle of it. No source gives
   * its list; assumed to be that of {@code NUL}, with packages, which have sockets by their
   * capabilities (Microsoft, "App capability declarations").
   */
  SOCKET("sockets", GenericMapping.FILE, GenericMapping.FILE.read() | GenericMapping.FILE.write()) {
    @Override
    SecurityDescriptor descriptor(ProgramCaller caller) {
      return deviceOfAll();
    }
  },

  /**
   * {@code \Device\ConDrv}, for reading and writing: a console program that inherits no console
   * opens it. No source gives its list; assumed to be that of sockets, since programs in containers
   * were measured to write to a console (thegn, {@code appcontainer_conpty_spike.rs}).
   */
  CONSOLE(
      "a console", GenericMapping.FILE, GenericMapping.FILE.read() | GenericMapping.FILE.write()) {
    @Override
    SecurityDescriptor descriptor(ProgramCaller caller) {
      return deviceOfAll();
    }
  },

  /**
   * A named pipe that the program makes without a descriptor, opened for writing. Microsoft, "Named
   * Pipe Security and Access Rights": full control for the system, administrators and the creator,
   * reading for everybody.
   */
  OWN_NAMED_PIPE("a named pipe of their own", GenericMapping.FILE, GenericMapping.FILE.write()) {
    @Override
    SecurityDescriptor descriptor(ProgramCaller caller) {
      return SecurityDescriptor.of(
          caller.token().user(),
          allow(Sid.SYSTEM, GenericMapping.FILE.all()),
          allow(Sid.ADMINISTRATORS, GenericMapping.FILE.all()),
          allow(caller.token().user(), GenericMapping.FILE.all()),
          allow(Sid.EVERYONE, GenericMapping.FILE.read()));
    }
  },

  /**
   * The program's own token, for looking at it. Microsoft, "DACL for a New Object", and measured in
   * winsiderss/systeminformer#436: it gets a default list, here that of a sandbox's token.
   */
  OWN_TOKEN("their own token", GenericMapping.TOKEN, OpenedObject.TOKEN_QUERY) {
    @Override
    SecurityDescriptor descriptor(ProgramCaller caller) {
      List<Ace> entries = new ArrayList<>();
      entries.add(allow(Sid.SYSTEM, AccessMask.GENERIC_ALL));
      entries.add(allow(caller.token().user(), AccessMask.GENERIC_ALL));
      entries.add(allow(caller.session(), AccessMask.GENERIC_ALL));
      // The default list of a container's token names the container.
      caller
          .token()
          .container()
          .ifPresent(container -> entries.add(allow(container.sid(), AccessMask.GENERIC_ALL)));
      return SecurityDescriptor.of(caller.token().user(), entries.toArray(new Ace[0]));
    }
  },

  /**
   * {@code \Sessions\N\BaseNamedObjects}, for making objects in it. Anthropic's sandbox-runtime,
   * {@code winsta.rs}, found by trying: only the logon session and the session's user may.
   */
  SESSION_NAMES("named objects of the session", GenericMapping.DIRECTORY_OBJECT, 0xf) {
    @Override
    SecurityDescriptor descriptor(ProgramCaller caller) {
      List<Ace> entries = new ArrayList<>();
      entries.add(allow(Sid.SYSTEM, GenericMapping.DIRECTORY_OBJECT.all()));
      entries.add(allow(caller.workspaceOwner(), GenericMapping.DIRECTORY_OBJECT.all()));
      caller.logon().ifPresent(logon -> entries.add(allow(logon, 0xf)));
      return SecurityDescriptor.of(Sid.SYSTEM, entries.toArray(new Ace[0]));
    }
  },

  /**
   * What the .NET Framework opens for writing when PowerShell starts. Which object it is, no source
   * says; future-os measured that it does not start unless Everyone restricts the token.
   */
  CLR_START("an object of the .NET Framework", GenericMapping.FILE, GenericMapping.FILE.write()) {
    @Override
    SecurityDescriptor descriptor(ProgramCaller caller) {
      return SecurityDescriptor.of(
          Sid.SYSTEM,
          allow(Sid.EVERYONE, GenericMapping.FILE.read() | GenericMapping.FILE.write()),
          // microsoft/mxc, docs/playground-limitations.md: PowerShell 5.1 starts in a container.
          allow(Sid.ALL_PACKAGES, GenericMapping.FILE.read() | GenericMapping.FILE.write()));
    }
  },

  /**
   * The root of the system's drive, for looking at it. microsoft/mxc, {@code docs/host-prep.md}: no
   * entry names packages.
   */
  DRIVE_ROOT("the root of the drive", GenericMapping.FILE, AccessMask.READ_ATTRIBUTES) {
    @Override
    SecurityDescriptor descriptor(ProgramCaller caller) {
      int look = GenericMapping.FILE.read() | GenericMapping.FILE.execute();
      return SecurityDescriptor.of(
          Sid.SYSTEM,
          allow(Sid.ADMINISTRATORS, GenericMapping.FILE.all()),
          allow(Sid.SYSTEM, GenericMapping.FILE.all()),
          allow(Sid.USERS, look));
    }
  },

  /**
   * A directory above the workspace in the user's profile, for looking at it. Its usual list names
   * the user, the system and administrators; openai/codex#18861 has the failure of {@code lstat}.
   */
  PARENT("the directories above the workspace", GenericMapping.FILE, AccessMask.READ_ATTRIBUTES) {
    @Override
    SecurityDescriptor descriptor(ProgramCaller caller) {
      List<Ace> entries = new ArrayList<>();
      entries.add(allow(Sid.SYSTEM, GenericMapping.FILE.all()));
      entries.add(allow(Sid.ADMINISTRATORS, GenericMapping.FILE.all()));
      entries.add(allow(caller.workspaceOwner(), GenericMapping.FILE.all()));
      if (caller.parents()) {
        Sid named =
            caller
                .token()
                .container()
                .map(container -> container.sid())
                .orElse(caller.token().user());
        entries.add(allow(named, AccessMask.LOOKING));
      }
      return SecurityDescriptor.of(caller.workspaceOwner(), entries.toArray(new Ace[0]));
    }
  };

  private static final int TOKEN_QUERY = 0x8;

  private final String name;
  private final GenericMapping mapping;
  private final int access;

  OpenedObject(String name, GenericMapping mapping, int access) {
    this.name = name;
    this.mapping = mapping;
    this.access = access;
  }

  abstract SecurityDescriptor descriptor(ProgramCaller caller);

  private static SecurityDescriptor deviceOfAll() {
    int use = GenericMapping.FILE.read() | GenericMapping.FILE.write();
    return SecurityDescriptor.of(
        Sid.ADMINISTRATORS,
        allow(Sid.EVERYONE, use),
        allow(Sid.SYSTEM, GenericMapping.FILE.all()),
        allow(Sid.ADMINISTRATORS, GenericMapping.FILE.all()),
        allow(Sid.ALL_PACKAGES, use),
        allow(Sid.ALL_RESTRICTED_PACKAGES, use));
  }

  private static Ace allow(Sid sid, int mask) {
    return new Ace(Ace.Type.ALLOW, sid, mask, Ace.Scope.OBJECT);
  }

  /**
   * Returns whether the model of the access check lets a process open the object as programs do.
   *
   * @param caller the process
   * @return true if it does
   */
  public boolean opens(ProgramCaller caller) {
    return AccessCheck.check(caller.token(), descriptor(caller), mapping, access).allowed();
  }

  /** Returns words for the object, as in "they open …". */
  @Override
  public String toString() {
    return name;
  }
}
