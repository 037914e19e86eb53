package org.ringfence.windows.sandbox;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.ringfence.SandboxException;
import org.ringfence.spi.MachineState.Finding;
import org.ringfence.windows.access.AclEditor;
import org.ringfence.windows.acl.AccessControlList;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.confine.ContainerConfinement;
import org.ringfence.windows.journal.ContainerRecord;
import org.ringfence.windows.journal.Installation;
import org.ringfence.windows.journal.entry.GrantRecord;
import org.ringfence.windows.system.FileFacts;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.ObjectSecurity;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsSystem;

/** Undoes changes that the journal records. */
public final class CrashRecovery {
  private final WindowsSystem windows;
  private final Installation installation;
  private final AclEditor grants;

  /**
   * Prepares recovery.
   *
   * @param windows the system
   * @param installation the journal
   * @param grants removes entries
   */
  public CrashRecovery(WindowsSystem windows, Installation installation, AclEditor grants) {
    this.windows = windows;
    this.installation = installation;
    this.grants = grants;
  }

  /**
   * Cleans up after processes that died before cleaning up.
   *
   * @return a finding for each item handled
   * @throws IOException if the journal cannot be read
   */
  public List<Finding> recover() throws IOException {
    List<Finding> lines = new ArrayList<>(grants.recover());
    lines.addAll(containers(false));
    return lines;
  }

  /**
   * Does the work of {@link #recover()} and removes records of files that no longer exist.
   *
   * @return a finding for each item handled
   * @throws IOException if the journal cannot be read
   */
  public List<Finding> collect() throws IOException {
    List<Finding> lines = new ArrayList<>(grants.collect());
    lines.addAll(containers(false));
    return lines;
  }

  /**
   * Undoes all changes, even those that open sandboxes rely on, and forgets the secret.
   *
   * @return a finding for each item handled
   * @throws IOException if the journal cannot be read
   */
  public List<Finding> teardown() throws IOException {
    List<Finding> lines = new ArrayList<>(grants.teardown());
    lines.addAll(containers(true));
    if (installation.all().isEmpty() && installation.containerRecords().isEmpty()) {
      installation.forget();
    }
    return lines;
  }

  /**
   * Searches a directory for entries of roots that no record mentions.
   *
   * @param directory the directory
   * @param remove whether they are removed
   * @return a finding for each file that has some, or cannot be examined
   * @throws IOException if the journal or the directory cannot be read
   */
  public List<Finding> sweep(Path directory, boolean remove) throws IOException {
    List<Finding> lines = new ArrayList<>();
    List<GrantRecord> known = installation.all();
    try (Stream<Path> tree = Files.walk(directory)) {
      for (Path path : (Iterable<Path>) tree::iterator) {
        swept(path.toAbsolutePath().toString(), known, remove).ifPresent(lines::add);
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    return lines;
  }

  private Optional<Finding> swept(String path, List<GrantRecord> known, boolean remove) {
    try (Handle file = windows.files().open(path, remove)) {
      FileFacts facts = windows.files().facts(file);
      boolean told =
          known.stream()
              .anyMatch(
                  record ->
                      record.volumeSerial() == facts.volumeSerial()
                          && record.fileId().equals(facts.fileId()));
      Optional<AccessControlList> list =
          AccessControlList.ofDescriptor(windows.security().descriptor(file));
      if (told || list.isEmpty() || list.get().without(Sid::synthetic).equals(list.get())) {
        return Optional.empty();
      }
      if (!remove) {
        return Optional.of(new Finding(false, "entries that no record tells of on " + path));
      }
      windows
          .security()
          .setDacl(file, ObjectSecurity.Kind.FILE, list.get().without(Sid::synthetic).bytes());
      return Optional.of(new Finding(true, "removed entries that no record told of from " + path));
    } catch (WindowsCallException e) {
      return Optional.of(new Finding(false, path + " cannot be looked at: " + e.getMessage()));
    }
  }

  private List<Finding> containers(boolean all) throws IOException {
    List<Finding> lines = new ArrayList<>();
    for (ContainerRecord record : installation.containerRecords()) {
      if (!all && !AclEditor.ended(windows, record.pid(), record.processCreated())) {
        continue;
      }
      try {
        ContainerConfinement.removeProfile(windows, installation, record);
        lines.add(new Finding(true, "removed AppContainer " + record.name()));
      } catch (SandboxException e) {
        lines.add(new Finding(false, "failed: " + e.getMessage()));
      }
    }
    return lines;
  }

  /**
   * Reports the state of every recorded item.
   *
   * @return a finding for each item
   * @throws IOException if the journal cannot be read
   */
  public List<Finding> status() throws IOException {
    List<Finding> lines = new ArrayList<>();
    for (GrantRecord record : installation.all()) {
      AclEditor.State state = grants.state(record);
      boolean left =
          (record.phase() == GrantRecord.Phase.APPLYING || !record.lasting())
              && AclEditor.ended(windows, record.pid(), record.processCreated());
      String found =
          switch (state) {
            case PRESENT -> left ? "left by a process that has ended" : "there";
            case MISSING -> "not there";
            case GONE -> "the file is not there any more";
            case UNKNOWN -> "cannot be looked at";
          };
      lines.add(
          new Finding(
              state == AclEditor.State.PRESENT && !left,
              "entries on " + record.path() + ": expected there, found " + found));
    }
    for (ContainerRecord record : installation.containerRecords()) {
      boolean left = AclEditor.ended(windows, record.pid(), record.processCreated());
      lines.add(
          new Finding(
              !left,
              "AppContainer "
                  + record.name()
                  + (left ? ": left by a process that has ended" : ": in use")));
    }
    return lines;
  }
}
