package org.ringfence.file;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * A directory that is held open. Every operation is about one entry, named without a slash, and
 * follows no link: the object stays the same even if the paths to it change.
 *
 * <p>Names are the system's file names, one char per byte (ISO 8859-1), so that none is lost. Not
 * thread-safe.
 */
public interface HeldDirectory extends AutoCloseable {
  /** The treatment of an object that already has the new name of a moved one. */
  enum Target {
    /** It must not exist. */
    NEW,
    /** It takes the old name. */
    EXCHANGED,
    /** It is removed, unless it is a directory with contents. */
    REPLACED
  }

  /**
   * The system's status of an object.
   *
   * @param mode type and permissions, as {@code st_mode}
   * @param user the number of the owning user
   * @param group the number of the owning group
   * @param size the size in bytes
   * @param modified the time of the last change of content, in nanoseconds
   * @param changed the time of the last change of anything, in nanoseconds
   * @param device the device that the object lies on
   * @param inode its number there
   */
  record Status(
      int mode,
      int user,
      int group,
      long size,
      long modified,
      long changed,
      long device,
      long inode) {
    private static final int TYPE = 0170000;

    /**
     * Returns whether it is a directory.
     *
     * @return true if it is one itself, not a link to one
     */
    public boolean isDirectory() {
      return (mode & TYPE) == 0040000;
    }

    /**
     * Returns whether it is a regular file.
     *
     * @return true if it is one
     */
    public boolean isFile() {
      return (mode & TYPE) == 0100000;
    }

    /**
     * Returns whether it is a symbolic link.
     *
     * @return true if it is one
     */
    public boolean isLink() {
      return (mode & TYPE) == 0120000;
    }

    /**
     * Returns whether both are of the same object.
     *
     * @param other another status
     * @return true if device and inode are the same
     */
    public boolean isSame(Status other) {
      return device == other.device && inode == other.inode;
    }
  }

  /**
   * Returns the status of the directory itself.
   *
   * @return its status
   * @throws IOException if the status cannot be read
   */
  Status status() throws IOException;

  /**
   * Returns the status of an entry.
   *
   * @param name the entry
   * @return its status; empty when no entry has that name
   * @throws IOException if the status cannot be read
   */
  Optional<Status> status(String name) throws IOException;

  /**
   * Returns the names of all entries.
   *
   * @return the names, in no order, without {@code .} and {@code ..}
   * @throws IOException if the directory cannot be read
   */
  List<String> names() throws IOException;

  /**
   * Opens a directory in this one, which must lie on the same file system.
   *
   * @param name the entry
   * @return the directory; the caller closes it
   * @throws IOException if it is not a directory, is a link, or is unreadable
   */
  HeldDirectory open(String name) throws IOException;

  /**
   * Opens a directory in this one, after giving its owner any missing rights.
   *
   * @param name the entry
   * @return the directory; the caller closes it
   * @throws IOException if it is not a directory, is a link, or belongs to another user
   */
  HeldDirectory unlock(String name) throws IOException;

  /**
   * Opens the parent directory.
   *
   * @return the directory; the caller closes it, and checks that it is the expected one
   * @throws IOException if it cannot be opened
   */
  HeldDirectory parent() throws IOException;

  /**
   * Visits everything below, however deep. The walk enters directories of other file systems too,
   * and leaves out unreadable ones.
   *
   * @param visitor receives every entry
   * @throws IOException if the visitor fails, or the tree changes during the walk
   */
  void walk(TreeVisitor visitor) throws IOException;

  /**
   * Creates a directory.
   *
   * @param name its name
   * @param permissions its permissions
   * @throws IOException if it cannot be created, or the name exists
   */
  void makeDirectory(String name, int permissions) throws IOException;

  /**
   * Creates a symbolic link.
   *
   * @param name its name
   * @param target the target
   * @throws IOException if it cannot be created, or the name exists
   */
  void makeLink(String name, String target) throws IOException;

  /**
   * Reads a symbolic link.
   *
   * @param name its name
   * @return the target
   * @throws IOException if it is not a link
   */
  String readLink(String name) throws IOException;

  /**
   * Creates a named pipe.
   *
   * @param name its name
   * @param permissions its permissions
   * @throws IOException if it cannot be created, or the name exists
   */
  void makePipe(String name, int permissions) throws IOException;

  /**
   * Sets the permissions of an entry that is not a link.
   *
   * @param name its name
   * @param permissions the permissions, with the bits for other users' and groups' rights
   * @throws IOException if they cannot be set
   */
  void setPermissions(String name, int permissions) throws IOException;

  /**
   * Sets the permissions of this directory.
   *
   * @param permissions the permissions
   * @throws IOException if they cannot be set
   */
  void setPermissions(int permissions) throws IOException;

  /**
   * Sets the time of the last change of an entry's content.
   *
   * @param name its name
   * @param modified the time, in nanoseconds
   * @throws IOException if it cannot be set
   */
  void setModified(String name, long modified) throws IOException;

  /**
   * Gives an entry to a user and a group, if this JVM may.
   *
   * @param name its name
   * @param user the user's number
   * @param group the group's number
   */
  void giveTo(String name, int user, int group);

  /**
   * Copies a regular file with its times; shares blocks and keeps holes if the file system supports
   * it.
   *
   * @param name the file
   * @param to the directory for the copy
   * @param newName its name there, which must be new
   * @param permissions its permissions
   * @throws IOException if it is not a regular file, or cannot be read or written
   */
  void copyFile(String name, HeldDirectory to, String newName, int permissions) throws IOException;

  /**
   * Copies a file's extended attributes and access list, as far as the file systems support them.
   *
   * @param name the file
   * @param to the directory of the other file
   * @param newName the other file
   * @throws IOException if a file cannot be opened
   */
  void copyAttributes(String name, HeldDirectory to, String newName) throws IOException;

  /**
   * Reads a regular file.
   *
   * @param name its name
   * @param most the maximum number of bytes
   * @return its bytes, no more than {@code most}
   * @throws IOException if it is not a regular file, or cannot be read
   */
  byte[] read(String name, int most) throws IOException;

  /**
   * Writes a new file that only its owner may read.
   *
   * @param name its name
   * @param content its bytes
   * @throws IOException if it cannot be written, or the name exists
   */
  void write(String name, byte[] content) throws IOException;

  /**
   * Moves an entry, on the same file system.
   *
   * @param name the entry
   * @param to the target directory
   * @param newName its name there
   * @param target the treatment of an object with that name
   * @throws IOException if it cannot be moved
   */
  void move(String name, HeldDirectory to, String newName, Target target) throws IOException;

  /**
   * Removes an entry.
   *
   * @param name its name; no effect when it is missing
   * @param directory whether it is a directory, which must be empty
   * @throws IOException if it cannot be removed
   */
  void remove(String name, boolean directory) throws IOException;

  /**
   * Removes an entry with its contents, however deep and whatever rights were removed.
   *
   * @param name its name; no effect when it is missing
   * @throws IOException if something cannot be removed; the rest is removed
   */
  void removeTree(String name) throws IOException;

  /**
   * Locks this directory against other callers of this method until it is closed or this JVM ends.
   *
   * @return false if it is already locked or cannot be locked
   */
  boolean lock();

  /** Closes the directory. */
  @Override
  void close();
}
