package org.ringfence.windows.system;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;
import org.ringfence.windows.acl.AccessControlList;
import org.ringfence.windows.acl.Sid;

/** Descriptors and facts of the files of a {@link FakeWindows}. */
final class FakeDescriptors {
  private FakeDescriptors() {}

  static FileFacts fileFacts(FakeFile file) {
    byte[] info =
        ByteBuffer.allocate(FileFacts.Identity.INFO_BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(99)
            .putLong(file.id)
            .putLong(file.upperId)
            .array();
    FileFacts.Identity identity = FileFacts.Identity.of(99, file.id, Optional.of(info));
    return new FileFacts(
        file.path, identity.volumeSerial(), identity.fileId(), file.links, file.attributes);
  }

  /** Returns the descriptor with the file's old owner: setting a list does not change the owner. */
  static byte[] kept(FakeFile file, byte[] descriptor) {
    return AccessControlList.ownerOf(file.descriptor)
        .map(owner -> ownedBy(owner, descriptor))
        .orElse(descriptor.clone());
  }

  static byte[] usual(Sid user) {
    return FakeTokens.usualList(user).descriptor(new byte[] {1, 0, 4, (byte) 0x80});
  }

  static byte[] ownedBy(Sid owner, byte[] descriptor) {
    byte[] sid = owner.bytes();
    byte[] whole = Arrays.copyOf(descriptor, descriptor.length + sid.length);
    System.arraycopy(sid, 0, whole, descriptor.length, sid.length);
    ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).putInt(4, descriptor.length);
    return whole;
  }

  static void own(FakeFile file, Sid owner) {
    AccessControlList list = AccessControlList.ofDescriptor(file.descriptor).orElseThrow();
    file.descriptor = ownedBy(owner, list.descriptor(file.descriptor));
  }
}
