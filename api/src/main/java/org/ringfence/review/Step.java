package org.ringfence.review;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * One change of the workspace by a commit, with what is needed to take it back.
 *
 * @param kind what is done
 * @param path where
 * @param slot the number of the names in the staging directory: {@code n} for what is new, {@code
 *     o} for what was there
 * @param oldInode the object that was there, 0 for none
 * @param newInode the object that comes there, 0 for none
 * @param oldMode the directory's mode before
 * @param newMode the directory's mode afterwards
 */
record Step(
    Kind kind, String path, int slot, long oldInode, long newInode, int oldMode, int newMode) {
  /** What a step does. */
  enum Kind {
    /** Takes away what is there. */
    TAKE,
    /** Puts something in the place of what is there. */
    SWAP,
    /** Puts something new where nothing is. */
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
