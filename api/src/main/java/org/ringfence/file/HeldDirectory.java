package org.ringfence.file;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * A directory that is held open. Every operation is about one entry of it, named without a slash,
 * and follows no link: whatever becomes of the paths that lead there, the object stays the same.
 *
 * <p>Names are file names as the system has them, one char for one byte (ISO 8859-1), so that none
 * is lost. Not thread-safe.
 */
public interface HeldDirectory extends AutoCloseable {
  /** What becomes of what has the new name already when something is moved. */
  enum Target {
    /** There must be nothing. */
    NEW,
    /** It takes the old name. */
    EXCHANGED,
    /** It is removed, unless it is a directory that holds something. */
    REPLACED
  }

  /**
   * What the system says of an object.
   *
   * @param mode type and permissions, as {@code st_mode}
   * @param user the number of the user it belongs to
   * @param group the number of the group it belongs to
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
     * Whether it is a directory.
     *
     * @return true if it is one itself, not a link to one
     */
    public boolean isDirectory() {
      return (mode & TYPE) == 0040000;
    }

    /**
     * Whether it is a regular file.
     *
     * @return true if it is one
     */
    public boolean isFile() {
      return (mode & TYPE) == 0100000;
    }

    /**
     * Whether it is a symbolic link.
     *
     * @return true if it is one
     */
    public boolean isLink() {
      return (mode & TYPE) == 0120000;
    }

    /**
     * Whether both are of the same object.
     *
     * @param other what was said another time
     * @return true if device and inode are the same
     */
    public boolean isSame(Status other) {
      return device == other.device && inode == other.inode;
    }
  }

  /**
   * What the system says of the directory itself.
   *
   * @return its status
   * @throws IOException if it says nothing
   */
  Status status() throws IOException;

  /**
   * What the system says of an entry.
   *
   * @param name the entry
   * @return its status; empty when there is none of that name
   * @throws IOException if it cannot be looked at
   */
  Optional<Status> status(String name) throws IOException;

  /**
   * The names of all entries.
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
   * @throws IOException if it is no directory, is a link, or must not be read
   */
  HeldDirectory open(String name) throws IOException;

  /**
   * Opens a directory in this one, and gives its owner all rights on it first when some are
   * missing.
   *
   * @param name the entry
   * @return the directory; the caller closes it
   * @throws IOException if it is no directory, is a link, or belongs to somebody else
   */
  HeldDirectory unlock(String name) throws IOException;

  /**
   * Opens the directory that this one lies in.
   *
   * @return the directory; the caller closes it, and checks that it is the expected one
   * @throws IOException if it cannot be opened
   */
  HeldDirectory parent() throws IOException;

  /**
   * Goes through all that lies below, however deep. Directories of other file systems are entered
   * as well; what cannot be read is left out.
   *
   * @param visitor hears of every entry
   * @throws IOException if the visitor fails, or the tree is changed while it is gone through
   */
  void walk(TreeVisitor visitor) throws IOException;

  /**
   * Makes a directory.
   *
   * @param name its name
   * @param permissions its permissions
   * @throws IOException if it cannot be made, or something of that name is there
   */
  void makeDirectory(String name, int permissions) throws IOException;

  /**
   * Makes a symbolic link.
   *
   * @param name its name
   * @param target what it leads to
   * @throws IOException if it cannot be made, or something of that name is there
   */
  void makeLink(String name, String target) throws IOException;

  /**
   * Reads a symbolic link.
   *
   * @param name its name
   * @return what it leads to
   * @throws IOException if it is none
   */
  String readLink(String name) throws IOException;

  /**
   * Makes a named pipe.
   *
   * @param name its name
   * @param permissions its permissions
   * @throws IOException if it cannot be made, or something of that name is there
   */
  void makePipe(String name, int permissions) throws IOException;

  /**
   * Sets the permissions of an entry that is no link.
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
   * Gives an entry to a user and a group, where this JVM may.
   *
   * @param name its name
   * @param user the user's number
   * @param group the group's number
   */
  void giveTo(String name, int user, int group);

  /**
   * Copies a regular file with its times; blocks are shared and holes kept where the file system
   * can do it.
   *
   * @param name the file
   * @param to the directory for the copy
   * @param newName its name there, which is new
   * @param permissions its permissions
   * @throws IOException if it is no regular file, or cannot be read or written
   */
  void copyFile(String name, HeldDirectory to, String newName, int permissions) throws IOException;

  /**
   * Copies a file's extended attributes and access list, as far as the file systems have them.
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
   * @param most how many bytes at most
   * @return its bytes, no more than {@code most}
   * @throws IOException if it is no regular file, or cannot be read
   */
  byte[] read(String name, int most) throws IOException;

  /**
   * Writes a new file that its owner alone may read.
   *
   * @param name its name
   * @param content its bytes
   * @throws IOException if it cannot be written, or something of that name is there
   */
  void write(String name, byte[] content) throws IOException;

  /**
   * Moves an entry, on the same file system.
   *
   * @param name the entry
   * @param to the directory it comes to
   * @param newName its name there
   * @param target what becomes of what has that name
   * @throws IOException if it cannot be moved
   */
  void move(String name, HeldDirectory to, String newName, Target target) throws IOException;

  /**
   * Removes an entry.
   *
   * @param name its name; nothing is done when there is none
   * @param directory whether it is a directory, which must be empty
   * @throws IOException if it cannot be removed
   */
  void remove(String name, boolean directory) throws IOException;

  /**
   * Removes an entry with all that lies in it, however deep and whatever rights were taken away.
   *
   * @param name its name; nothing is done when there is none
   * @throws IOException if something cannot be removed; as much as can be is
   */
  void removeTree(String name) throws IOException;

  /**
   * Locks this directory until it is closed or this JVM ends, against others that do the same.
   *
   * @return false if it is locked already, or cannot be
   */
  boolean lock();

  /** Lets go of the directory. */
  @Override
  void close();
}
