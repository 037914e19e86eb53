package org.ringfence.windows.access;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.ringfence.SandboxException;
import org.ringfence.spi.MachineState.Finding;
import org.ringfence.windows.acl.AccessControlList;
import org.ringfence.windows.acl.AccessMask;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.journal.Installation;
import org.ringfence.windows.journal.entry.GrantRecord;
import org.ringfence.windows.journal.entry.GrantRecord.Phase;
import org.ringfence.windows.system.CallFailures;
import org.ringfence.windows.system.FileFacts;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.ObjectSecurity.Kind;
import org.ringfence.windows.system.VolumeFacts;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsError;
import org.ringfence.windows.system.WindowsSystem;

/**
 * Sets entries on the lists of files and removes them. Each change is a transaction: recorded
 * first, read back afterwards, and undone if it did not take hold.
 */
public final class AclEditor {
  private static final int LOCK_MILLIS = 30_000;

  /** No file of the volume has a number, or its file system finds none by it. */
  private static final Set<Integer> NO_SUCH_NUMBER =
      Set.of(
          WindowsError.INVALID_PARAMETER.code(),
          WindowsError.INVALID_FUNCTION.code(),
          WindowsError.NOT_SUPPORTED.code());

  private static final String REMOVED = "its entries cannot be taken back";

  private final WindowsSystem windows;
  private final Installation installation;
  private final int pid;
  private final long processCreated;
  private final TreeCheck trees;

  /** Checks a tree before and after all of it inherits entries. */
  public interface TreeCheck {
    /** Throws if an entry on a directory would reach out of it. */
    void check(String directory) throws GrantException;

    /**
     * Throws if the tree did not take entries as it has to.
     *
     * @param directory the directory that has them
     * @param aces the entries
     * @throws GrantException if they reach out of the tree, or leave access that they take
     */
    default void applied(String directory, List<Ace> aces) throws GrantException {}

    /**
     * Leaves reading of what files of a tree inherit that have another name outside.
     *
     * @param directory the directory that has the entries
     * @param sids the SIDs whose entries change files
     * @throws GrantException if such a file can still be changed
     */
    default void narrow(String directory, Set<Sid> sids) throws GrantException {}
  }

  /** Result of removing entries. */
  public enum Outcome {
    /** The list is bit for bit the earlier one. */
    RESTORED,
    /** Our entries are gone; another process has changed the list since, and its change stays. */
    CHANGED_SINCE,
    /** The file no longer exists, or another file has its path. */
    GONE
  }

  /**
   * Returns the grants of this process.
   *
   * @param windows the system
   * @param installation the record of grants
   * @param trees checks a directory first
   * @return sets entries and removes them
   * @throws SandboxException if this process cannot be distinguished from later ones
   */
  public static AclEditor of(WindowsSystem windows, Installation installation, TreeCheck trees)
      throws SandboxException {
    int pid = (int) ProcessHandle.current().pid();
    try {
      return new AclEditor(
          windows, installation, pid, windows.processes().creationTime(pid), trees);
    } catch (WindowsCallException e) {
      throw CallFailures.cannot("this process", e);
    }
  }

  /**
   * Prepares grants of this process.
   *
   * @param windows the system
   * @param installation the record of grants
   * @param pid this process's number
   * @param processCreated when the process began
   * @param trees checks a directory first
   */
  public AclEditor(
      WindowsSystem windows,
      Installation installation,
      int pid,
      long processCreated,
      TreeCheck trees) {
    this.windows = windows;
    this.installation = installation;
    this.pid = pid;
    this.processCreated = processCreated;
    this.trees = trees;
  }

  /**
   * Sets entries on a file and, for a directory, on everything below. Entries that exist already
   * are not set again: files that have come into the tree since would inherit them.
   *
   * @param path the file, as in the policy: links resolved
   * @param aces the entries
   * @param lasting whether they stay when the sandbox ends
   * @return the record that removes them; empty when all existed already and last
   * @throws GrantException if they cannot be set; the list is unchanged
   */
  public Optional<GrantRecord> grant(String path, List<Ace> aces, boolean lasting)
      throws GrantException {
    try (Handle file = windows.files().open(path, true)) {
      FileFacts facts = windows.files().facts(file);
      checkFile(path, facts);
      try (Handle lock = lock(facts.volumeSerial(), facts.fileId())) {
        return locked(path, file, facts, aces, lasting);
      }
    } catch (WindowsCallException e) {
      throw new GrantException(path, e.getMessage() + remedy(e.code()), e);
    }
  }

  private static String remedy(int code) {
    String remedy =
        code == WindowsError.ACCESS_DENIED.code()
            ? "a directory that you own: its owner alone changes a list"
            : WindowsError.remedy(code);
    return remedy.isEmpty() ? "" : "; use " + remedy;
  }

  private Handle lock(long volume, String file) throws WindowsCallException {
    return windows
        .machine()
        .lock("Local\\ringfence-" + Long.toHexString(volume) + "-" + file, LOCK_MILLIS);
  }

  private void checkFile(String path, FileFacts facts) throws GrantException, WindowsCallException {
    if (facts.reparsePoint()) {
      throw new GrantException(path, "it is a link; use its target");
    }
    if (!facts.finalPath().equalsIgnoreCase(path)) {
      throw new GrantException(path, "it is really " + facts.finalPath() + "; use that");
    }
    if ((facts.attributes() & FileFacts.RECALL_ON_DATA_ACCESS) != 0) {
      throw new GrantException(path, "it lies in a cloud; use a directory that is kept here");
    }
    if (!facts.directory() && facts.links() > 1) {
      throw new GrantException(
          path, "it has " + facts.links() + " names, and the others would be granted, too");
    }
    VolumeFacts volume = windows.files().volume(facts.finalPath());
    if (volume.remote()) {
      throw new GrantException(
          path, "it lies on another machine, whose access check knows no token of this one");
    }
    if (!volume.keepsLists()) {
      throw new GrantException(
          path,
          volume.fileSystem()
              + " keeps no access control lists: everybody may write there; use NTFS or ReFS");
    }
  }

  private Optional<GrantRecord> locked(
      String path, Handle file, FileFacts facts, List<Ace> aces, boolean lasting)
      throws GrantException, WindowsCallException {
    byte[] before = windows.security().descriptor(file);
    AccessControlList list =
        AccessControlList.ofDescriptor(before)
            .orElseThrow(
                () ->
                    new GrantException(
                        path,
                        "it has no access control list at all, so that everybody may do everything;"
                            + " use icacls to give it one"));
    AccessControlList wanted = list;
    for (Ace ace : aces) {
      wanted = wanted.with(ace, facts.directory());
    }
    boolean alone = aces.stream().allMatch(ace -> ace.scope() == Ace.Scope.OBJECT);
    if (wanted.equals(list)) {
      if (lasting) {
        return Optional.empty();
      }
      if (facts.directory() && !alone) {
        narrow(path, list, sids(aces));
      }
      return Optional.of(joined(path, facts, aces, before, list));
    }
    byte[] bytes;
    try {
      bytes = wanted.bytes();
    } catch (IllegalArgumentException e) {
      throw new GrantException(path, e.getMessage() + "; use: ringfence windows gc", e);
    }
    if (facts.directory() && !alone) {
      trees.check(path);
    }
    GrantRecord record = record(path, facts, sids(aces), windows.security().sddl(before), lasting);
    journal(path, record);
    try {
      if (alone) {
        // SetSecurityInfo would walk the tree, here perhaps a whole profile, for entries that
        // nothing inherits.
        windows.security().setDaclExactly(file, keepingInheritance(wanted.descriptor(before)));
      } else {
        windows.security().setDacl(file, Kind.FILE, bytes);
      }
      verify(path, file, facts, aces);
      if (facts.directory() && !alone) {
        narrow(path, list(path, file), sids(aces));
        trees.applied(path, aces);
      }
      journal(path, record.in(Phase.APPLIED));
      return Optional.of(record.in(Phase.APPLIED));
    } catch (GrantException | WindowsCallException e) {
      undo(record, file, e);
      throw e;
    }
  }

  /**
   * Takes the right to change from files with another name outside, also that of other sandboxes:
   * setting one entry writes all that is inherited into the lists below again.
   */
  private void narrow(String path, AccessControlList list, List<Sid> sids) throws GrantException {
    List<GrantRecord> records;
    try {
      records = installation.all();
    } catch (IOException e) {
      throw new GrantException(path, "the journal cannot be read: " + e.getMessage(), e);
    }
    Set<Sid> ours = new HashSet<>(sids);
    records.forEach(record -> ours.addAll(record.sids()));
    Set<Sid> changing =
        list.aces().stream()
            .filter(ace -> ours.contains(ace.sid()) && ace.scope() != Ace.Scope.OBJECT)
            .filter(AclEditor::changes)
            .map(Ace::sid)
            .collect(Collectors.toSet());
    if (!changing.isEmpty()) {
      trees.narrow(path, changing);
    }
    // A name that is inside of this directory can be outside of one below it.
    for (GrantRecord record : records) {
      Path below = Path.of(record.path());
      if (!below.equals(Path.of(path)) && below.startsWith(path) && Files.isDirectory(below)) {
        trees.narrow(record.path(), Set.copyOf(record.sids()));
      }
    }
  }

  /** Returns whether an entry allows more than to read and to start a file. */
  static boolean changes(Ace ace) {
    return ace.type() == Ace.Type.ALLOW && (ace.mask() & ~AccessMask.READING) != 0;
  }

  /**
   * Records that this process needs existing entries as well: the last process that needs them
   * removes them.
   */
  private GrantRecord joined(
      String path, FileFacts facts, List<Ace> aces, byte[] descriptor, AccessControlList list)
      throws GrantException, WindowsCallException {
    List<Sid> sids = sids(aces);
    String without = windows.security().sddl(list.without(sids::contains).descriptor(descriptor));
    try {
      String prior =
          installation.all().stream()
              .filter(other -> other.volumeSerial() == facts.volumeSerial())
              .filter(other -> other.fileId().equals(facts.fileId()))
              .filter(other -> other.sids().equals(sids))
              .map(GrantRecord::priorSddl)
              .findFirst()
              .orElse(without);
      GrantRecord record = record(path, facts, sids, prior, false).in(Phase.APPLIED);
      journal(path, record);
      return record;
    } catch (IOException e) {
      throw new GrantException(path, "the journal cannot be read: " + e.getMessage(), e);
    }
  }

  private static List<Sid> sids(List<Ace> aces) {
    return aces.stream().map(Ace::sid).distinct().toList();
  }

  private GrantRecord record(
      String path, FileFacts facts, List<Sid> sids, String prior, boolean lasting) {
    return new GrantRecord(
        UUID.randomUUID().toString(),
        path,
        facts.volumeSerial(),
        facts.fileId(),
        sids,
        prior,
        Phase.APPLYING,
        lasting,
        pid,
        processCreated);
  }

  private void journal(String path, GrantRecord record) throws GrantException {
    try {
      installation.put(record);
    } catch (IOException e) {
      throw new GrantException(path, "the journal cannot be written: " + e.getMessage(), e);
    }
  }

  private void verify(String path, Handle file, FileFacts facts, List<Ace> aces)
      throws GrantException, WindowsCallException {
    AccessControlList now = list(path, file);
    for (Ace ace : aces) {
      if (!now.contains(ace, facts.directory())) {
        throw new GrantException(
            path, "this system took the entry " + ace + " and did not keep it");
      }
    }
  }

  private AccessControlList list(String path, Handle file)
      throws GrantException, WindowsCallException {
    return AccessControlList.ofDescriptor(windows.security().descriptor(file))
        .orElseThrow(() -> new GrantException(path, "its list was lost"));
  }

  private void undo(GrantRecord record, Handle file, Exception why) {
    try {
      takeBack(record, file);
      installation.remove(record);
    } catch (WindowsCallException | IOException e) {
      // The record stays: repair removes the entries.
      why.addSuppressed(e);
    }
  }

  /**
   * Removes entries and their record.
   *
   * @param record the record of the entries
   * @return the result
   * @throws GrantException if they cannot be removed; the record stays
   */
  public Outcome restore(GrantRecord record) throws GrantException {
    try {
      Outcome outcome = restoreFile(record);
      installation.remove(record);
      return outcome;
    } catch (WindowsCallException e) {
      throw new GrantException(
          record.path(), REMOVED + ": " + e.getMessage() + remedy(e.code()), e);
    } catch (IOException e) {
      throw new GrantException(record.path(), REMOVED + ": " + e.getMessage(), e);
    }
  }

  private Outcome restoreFile(GrantRecord record) throws WindowsCallException, IOException {
    try (Handle file = windows.files().open(record.path(), true)) {
      if (isOf(file, record)) {
        return takeBackLocked(record, file);
      }
    } catch (WindowsCallException e) {
      if (!isMissing(e)) {
        throw e;
      }
    }
    // Renamed meanwhile, it has the entries along: its number leads to it on the same volume.
    try (Handle file =
        windows.files().openMoved(windows.files().volume(record.path()).root(), record.fileId())) {
      return isOf(file, record) ? takeBackLocked(record, file) : Outcome.GONE;
    } catch (WindowsCallException e) {
      if (isMissing(e) || NO_SUCH_NUMBER.contains(e.code())) {
        return Outcome.GONE;
      }
      throw e;
    }
  }

  private boolean isOf(Handle file, GrantRecord record) throws WindowsCallException {
    FileFacts facts = windows.files().facts(file);
    return facts.volumeSerial() == record.volumeSerial() && facts.fileId().equals(record.fileId());
  }

  private static boolean isMissing(WindowsCallException e) {
    return e.code() == WindowsError.FILE_NOT_FOUND.code()
        || e.code() == WindowsError.PATH_NOT_FOUND.code();
  }

  private Outcome takeBackLocked(GrantRecord record, Handle file)
      throws WindowsCallException, IOException {
    try (Handle lock = lock(record.volumeSerial(), record.fileId())) {
      return takeBack(record, file);
    }
  }

  private Outcome takeBack(GrantRecord record, Handle file)
      throws WindowsCallException, IOException {
    List<GrantRecord> others =
        installation.all().stream()
            .filter(other -> other.sameFile(record) && !other.id().equals(record.id()))
            .toList();
    Set<Sid> ours = new HashSet<>(record.sids());
    // Another record that mentions the same lasting entry removes it.
    others.forEach(other -> ours.removeAll(new HashSet<>(other.sids())));
    byte[] descriptor = windows.security().descriptor(file);
    Optional<AccessControlList> current = AccessControlList.ofDescriptor(descriptor);
    if (current.isEmpty()) {
      return Outcome.CHANGED_SINCE;
    }
    AccessControlList without = current.get().without(ours::contains);
    if (!without.equals(current.get())) {
      boolean alone =
          current.get().aces().stream()
              .filter(ace -> ours.contains(ace.sid()))
              .allMatch(ace -> ace.scope() == Ace.Scope.OBJECT);
      if (alone) {
        windows.security().setDaclExactly(file, keepingInheritance(without.descriptor(descriptor)));
      } else {
        windows.security().setDacl(file, Kind.FILE, without.bytes());
        narrow(windows.files().facts(file).finalPath(), without, List.of());
      }
    }
    for (GrantRecord other : others) {
      installation.put(other.after(without(other.priorSddl(), ours)));
    }
    if (!others.isEmpty()) {
      return Outcome.RESTORED;
    }
    if (now(file).equals(record.priorSddl())) {
      return Outcome.RESTORED;
    }
    byte[] prior = windows.security().ofSddl(record.priorSddl());
    if (!AccessControlList.ofDescriptor(prior).equals(Optional.of(without))) {
      return Outcome.CHANGED_SINCE;
    }
    // The entries are equal but for bits that setting a list adds, such as "may inherit".
    windows.security().setDaclExactly(file, keepingInheritance(prior));
    return now(file).equals(record.priorSddl()) ? Outcome.RESTORED : Outcome.CHANGED_SINCE;
  }

  /**
   * Asks for {@code SE_DACL_AUTO_INHERITED}: the kernel drops it from a new list unless {@code
   * SE_DACL_AUTO_INHERIT_REQ} comes with it (Microsoft, "SECURITY_DESCRIPTOR_CONTROL").
   */
  static byte[] keepingInheritance(byte[] descriptor) {
    byte[] asking = descriptor.clone();
    // The second byte of the control bits: 0x0400 has been inherited, 0x0100 asks for it.
    if ((asking[3] & 0x04) != 0) {
      asking[3] |= 0x01;
    }
    return asking;
  }

  private String now(Handle file) throws WindowsCallException {
    return windows.security().sddl(windows.security().descriptor(file));
  }

  private String without(String sddl, Set<Sid> sids) throws WindowsCallException {
    byte[] descriptor = windows.security().ofSddl(sddl);
    Optional<AccessControlList> list = AccessControlList.ofDescriptor(descriptor);
    return list.isEmpty()
        ? sddl
        : windows.security().sddl(list.get().without(sids::contains).descriptor(descriptor));
  }

  /**
   * Cleans up after processes that died before cleaning up: unfinished entries and entries that
   * were not to last.
   *
   * @return a finding for each record handled
   * @throws IOException if the journal cannot be read
   */
  public List<Finding> recover() throws IOException {
    List<Finding> lines = new ArrayList<>();
    for (GrantRecord record : installation.all()) {
      if ((record.phase() == Phase.APPLYING || !record.lasting())
          && ended(windows, record.pid(), record.processCreated())) {
        lines.add(restored(record));
      }
    }
    return lines;
  }

  /**
   * Does the work of {@link #recover()} and removes records of files that no longer exist.
   *
   * @return a finding for each record handled
   * @throws IOException if the journal cannot be read
   */
  public List<Finding> collect() throws IOException {
    List<Finding> lines = recover();
    for (GrantRecord record : installation.all()) {
      if (state(record) == State.GONE) {
        lines.add(restored(record));
      }
    }
    return lines;
  }

  /**
   * Removes all entries.
   *
   * @return a finding for each record
   * @throws IOException if the journal cannot be read
   */
  public List<Finding> teardown() throws IOException {
    List<Finding> lines = new ArrayList<>();
    for (GrantRecord record : installation.all()) {
      lines.add(restored(record));
    }
    return lines;
  }

  private Finding restored(GrantRecord record) {
    try {
      return switch (restore(record)) {
        case RESTORED -> new Finding(true, "restored " + record.path());
        case CHANGED_SINCE ->
            new Finding(
                true,
                "removed our entries from " + record.path() + ", which others have changed since");
        case GONE -> new Finding(true, "forgot " + record.path() + ", which is not there any more");
      };
    } catch (GrantException e) {
      return new Finding(false, "failed: " + e.getMessage());
    }
  }

  /** Returns whether the process that wrote a record has ended. */
  public static boolean ended(WindowsSystem windows, int pid, long processCreated) {
    try {
      return windows.processes().creationTime(pid) != processCreated;
    } catch (WindowsCallException e) {
      // Another user's process has the number: ours has ended.
      return true;
    }
  }

  /** State of a record's entries. */
  public enum State {
    /** The entries exist. */
    PRESENT,
    /** At least one entry is missing. */
    MISSING,
    /** The file no longer exists. */
    GONE,
    /** The file cannot be examined. */
    UNKNOWN
  }

  /**
   * Examines the file of a record.
   *
   * @param record the record
   * @return its state
   */
  public State state(GrantRecord record) {
    try (Handle file = windows.files().open(record.path(), false)) {
      if (!isOf(file, record)) {
        return State.GONE;
      }
      Set<Sid> found = new HashSet<>();
      AccessControlList.ofDescriptor(windows.security().descriptor(file))
          .ifPresent(list -> list.aces().forEach(ace -> found.add(ace.sid())));
      return found.containsAll(record.sids()) ? State.PRESENT : State.MISSING;
    } catch (WindowsCallException e) {
      return isMissing(e) ? State.GONE : State.UNKNOWN;
    }
  }
}
