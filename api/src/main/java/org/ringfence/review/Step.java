package org.ringfence.review;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * One change of the workspace by a commit, with the data to undo it.
 *
 * @param kind the kind of step
 * @param path the path
 * @param slot the number of the names in the staging directory: {@code n} for the new object,
 *     {@code o} for the old
 * @param oldInode the old object, 0 for none
 * @param newInode the new object, 0 for none
 * @param oldMode the directory's mode before
 * @param newMode the directory's mode afterwards
 */
record Step(
    Kind kind, String path, int slot, long oldInode, long newInode, int oldMode, int newMode) {
  /** The kind of a step. */
  enum Kind {
    /** Takes the existing object away. */
    TAKE,
    /** Replaces the existing object. */
    SWAP,
    /** Puts a new object where none exists. */
    PUT,
    /** Sets the permissions of a directory. */
    PERMIT
  }

  String fresh() {
    return "n" + slot;
  }

  String old() {
    return "o" + slot;
  }

  void write(DataOutputStream out) throws IOException {
    out.writeInt(kind.ordinal());
    byte[] name = path.getBytes(StandardCharsets.ISO_8859_1);
    out.writeInt(name.length);
    out.write(name);
    out.writeInt(slot);
    out.writeLong(oldInode);
    out.writeLong(newInode);
    out.writeInt(oldMode);
    out.writeInt(newMode);
  }

  static Step read(DataInputStream in) throws IOException {
    Kind kind = Kind.values()[in.readInt()];
    String path = new String(in.readNBytes(in.readInt()), StandardCharsets.ISO_8859_1);
    return new Step(
        kind, path, in.readInt(), in.readLong(), in.readLong(), in.readInt(), in.readInt());
  }
}
