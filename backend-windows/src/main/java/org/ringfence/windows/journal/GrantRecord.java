package org.ringfence.windows.journal;

import java.util.List;
import java.util.Objects;
import org.ringfence.windows.plan.Sid;

/**
 * Entries that are, or are about to be, on the list of a file.
 *
 * @param id the record's own name
 * @param path where the file lay
 * @param volumeSerial its volume
 * @param fileId its number there, which tells it from another at the same path
 * @param sids whom the entries are about
 * @param priorSddl the list as it was before
 * @param phase how far it has come
 * @param lasting whether the entries stay when the sandbox ends
 * @param pid the process that set them
 * @param processCreated when that process began, which tells it from a later one of its number
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
  /** How far a grant has come. */
  public enum Phase {
    /** It is about to be set: perhaps it is there, perhaps not, perhaps on a part of the tree. */
    APPLYING,
    /** It was there when it was read back. */
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
   * The same, further on.
   *
   * @param next the phase
   * @return the record
   */
  public GrantRecord in(Phase next) {
    return new GrantRecord(
        id, path, volumeSerial, fileId, sids, priorSddl, next, lasting, pid, processCreated);
  }

  /**
   * The same with another list before it.
   *
   * @param sddl the list
   * @return the record
   */
  public GrantRecord after(String sddl) {
    return new GrantRecord(
        id, path, volumeSerial, fileId, sids, sddl, phase, lasting, pid, processCreated);
  }

  /**
   * Whether another record is about the same file.
   *
   * @param other the record
   * @return true if volume and number are the same
   */
  public boolean sameFile(GrantRecord other) {
    return volumeSerial == other.volumeSerial && fileId.equals(other.fileId);
  }
}
