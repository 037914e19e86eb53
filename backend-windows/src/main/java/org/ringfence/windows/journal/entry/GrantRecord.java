package org.ringfence.windows.journal.entry;

import java.util.List;
import java.util.Objects;
import org.ringfence.windows.acl.Sid;

/**
 * Entries that are, or are about to be, on the list of a file.
 *
 * @param id the record's name
 * @param path the path of the file
 * @param volumeSerial its volume
 * @param fileId its number there, which distinguishes it from another at the same path
 * @param sids the SIDs that the entries name
 * @param priorSddl the earlier list
 * @param phase the phase of the grant
 * @param lasting whether the entries stay when the sandbox ends
 * @param pid the process that set them
 * @param processCreated when that process began, which distinguishes it from a later one of the
 *     same number
 */
public record GrantRecord(
    String id,
    String path,
    long volumeSerial,
    String fileId,
    List<Sid> sids,
    String priorSddl,
    Phase phase,
    boolean lasting,
    int pid,
    long processCreated) {
  /** Phase of a grant. */
  public enum Phase {
    /** The entry is about to be set: it may exist, be missing, or exist on a part of the tree. */
    APPLYING,
    /** The entry was read back. */
    APPLIED
  }

  /** Checks the parts and copies the list. */
  public GrantRecord {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(path, "path");
    Objects.requireNonNull(fileId, "fileId");
    Objects.requireNonNull(priorSddl, "priorSddl");
    Objects.requireNonNull(phase, "phase");
    sids = List.copyOf(sids);
  }

  /**
   * Returns the record in another phase.
   *
   * @param next the phase
   * @return the record
   */
  public GrantRecord in(Phase next) {
    return new GrantRecord(
        id, path, volumeSerial, fileId, sids, priorSddl, next, lasting, pid, processCreated);
  }

  /**
   * Returns the record with another earlier list.
   *
   * @param sddl the earlier list
   * @return the record
   */
  public GrantRecord after(String sddl) {
    return new GrantRecord(
        id, path, volumeSerial, fileId, sids, sddl, phase, lasting, pid, processCreated);
  }

  /**
   * Returns whether another record concerns the same file.
   *
   * @param other the record
   * @return true if volume and number are the same
   */
  public boolean sameFile(GrantRecord other) {
    return volumeSerial == other.volumeSerial && fileId.equals(other.fileId);
  }
}
