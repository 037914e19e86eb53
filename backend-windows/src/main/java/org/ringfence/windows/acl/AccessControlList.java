package org.ringfence.windows.acl;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A discretionary list as it is stored ([MS-DTYP] 2.4.5). Unknown parts are kept bit for bit.
 *
 * @param revision the list's revision
 * @param entries its entries in order
 */
public record AccessControlList(int revision, List<RawAce> entries) {
  /** The most bytes of a list; its size is a 16-bit number. */
  public static final int LARGEST = 0xfffc;

  private static final int HEADER = 8;
  private static final int DESCRIPTOR_HEADER = 20;
  private static final int DACL_PRESENT = 0x4;
  private static final int ACL_REVISION = 2;
  private static final int SELF_RELATIVE = 0x8000;

  /** Copies the entries. */
  public AccessControlList {
    entries = List.copyOf(entries);
  }

  /**
   * Returns a new list.
   *
   * @param aces its entries in order
   * @return the list
   */
  public static AccessControlList of(Ace... aces) {
    List<RawAce> entries = new ArrayList<>();
    for (Ace ace : aces) {
      entries.add(RawAce.of(ace, true));
    }
    return new AccessControlList(ACL_REVISION, entries);
  }

  /**
   * Reads the list of a self-relative security descriptor.
   *
   * @param descriptor the descriptor ([MS-DTYP] 2.4.6)
   * @return the list; empty for a NULL one, which grants everything to everyone
   * @throws IllegalArgumentException if the descriptor is invalid
   */
  public static Optional<AccessControlList> ofDescriptor(byte[] descriptor) {
    ByteBuffer buffer = ByteBuffer.wrap(descriptor).order(ByteOrder.LITTLE_ENDIAN);
    if (descriptor.length < DESCRIPTOR_HEADER || buffer.get(0) != 1) {
      throw new IllegalArgumentException("the bytes are no security descriptor");
    }
    int at = buffer.getInt(16);
    if ((buffer.getShort(2) & DACL_PRESENT) == 0 || at == 0) {
      return Optional.empty();
    }
    return Optional.of(read(buffer, at));
  }

  /**
   * Returns the owner in a self-relative security descriptor.
   *
   * @param descriptor the descriptor
   * @return the owner; empty if it names none
   */
  public static Optional<Sid> ownerOf(byte[] descriptor) {
    if (descriptor.length < DESCRIPTOR_HEADER) {
      throw new IllegalArgumentException("the bytes are no security descriptor");
    }
    int at = ByteBuffer.wrap(descriptor).order(ByteOrder.LITTLE_ENDIAN).getInt(4);
    if (at < 0 || at > descriptor.length) {
      throw new IllegalArgumentException("the owner is cut off");
    }
    return at == 0
        ? Optional.empty()
        : Optional.of(Sid.of(java.util.Arrays.copyOfRange(descriptor, at, descriptor.length)));
  }

  private static AccessControlList read(ByteBuffer buffer, int start) {
    try {
      int revision = buffer.get(start);
      int end = start + (buffer.getShort(start + 2) & 0xffff);
      int count = buffer.getShort(start + 4) & 0xffff;
      if (end < start + HEADER || end > buffer.limit()) {
        throw new IllegalArgumentException("the list is cut off");
      }
      List<RawAce> entries = new ArrayList<>();
      int at = start + HEADER;
      for (int i = 0; i < count; i++) {
        byte[] entry = new byte[buffer.getShort(at + 2) & 0xffff];
        if (entry.length < HEADER || at + entry.length > end) {
          throw new IllegalArgumentException("the list has an entry of a wrong size");
        }
        buffer.position(at).get(entry);
        entries.add(new RawAce(entry));
        at += entry.length;
      }
      return new AccessControlList(revision, entries);
    } catch (IndexOutOfBoundsException | java.nio.BufferUnderflowException e) {
      throw new IllegalArgumentException("the list is cut off", e);
    }
  }

  /**
   * Returns the list as an {@code ACL}.
   *
   * @return header and entries
   * @throws IllegalArgumentException if it is too large to be stored
   */
  public byte[] bytes() {
    int size = HEADER + entries.stream().mapToInt(RawAce::length).sum();
    if (size > LARGEST) {
      throw new IllegalArgumentException(
          "an access control list has at most " + LARGEST + " bytes, this one " + size);
    }
    ByteBuffer buffer = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    buffer.put((byte) revision).put((byte) 0).putShort((short) size);
    buffer.putShort((short) entries.size()).putShort((short) 0);
    entries.forEach(entry -> buffer.put(entry.bytes()));
    return buffer.array();
  }

  /**
   * Returns a self-relative security descriptor with this list and no other part.
   *
   * @param like a descriptor whose control bits are copied
   * @return the descriptor
   */
  public byte[] descriptor(byte[] like) {
    byte[] list = bytes();
    short control = ByteBuffer.wrap(like).order(ByteOrder.LITTLE_ENDIAN).getShort(2);
    ByteBuffer buffer =
        ByteBuffer.allocate(DESCRIPTOR_HEADER + list.length).order(ByteOrder.LITTLE_ENDIAN);
    buffer.put((byte) 1).put((byte) 0).putShort((short) (control | SELF_RELATIVE | DACL_PRESENT));
    buffer.putInt(0).putInt(0).putInt(0).putInt(DESCRIPTOR_HEADER).put(list);
    return buffer.array();
  }

  /**
   * Returns a self-relative security descriptor with this list, and an owner that is its group as
   * well.
   *
   * @param owner the owner
   * @return the descriptor
   */
  public byte[] descriptorOf(Sid owner) {
    byte[] list = bytes();
    byte[] sid = owner.bytes();
    ByteBuffer buffer =
        ByteBuffer.allocate(DESCRIPTOR_HEADER + list.length + sid.length)
            .order(ByteOrder.LITTLE_ENDIAN);
    int at = DESCRIPTOR_HEADER + list.length;
    buffer.put((byte) 1).put((byte) 0).putShort((short) (SELF_RELATIVE | DACL_PRESENT));
    buffer.putInt(at).putInt(at).putInt(0).putInt(DESCRIPTOR_HEADER).put(list).put(sid);
    return buffer.array();
  }

  /**
   * Returns whether the list has an entry that is not inherited.
   *
   * @param ace the entry
   * @param directory whether the list is a directory's
   * @return true if it has the entry, bit for bit
   */
  public boolean contains(Ace ace, boolean directory) {
    return entries.contains(RawAce.of(ace, directory));
  }

  /**
   * Adds an entry in canonical order: deny before allow, both before inherited entries.
   *
   * @param ace the entry
   * @param directory whether the list is a directory's
   * @return the list with the entry; the same if it has the entry already
   */
  public AccessControlList with(Ace ace, boolean directory) {
    RawAce added = RawAce.of(ace, directory);
    if (entries.contains(added)) {
      return this;
    }
    int at = 0;
    while (at < entries.size()
        && !entries.get(at).inherited()
        && (!added.denies() || entries.get(at).denies())) {
      at++;
    }
    List<RawAce> changed = new ArrayList<>(entries);
    changed.add(at, added);
    return new AccessControlList(revision, changed);
  }

  /**
   * Removes entries that name certain SIDs. Inherited ones stay: they belong to the directory
   * above.
   *
   * @param whose selects the SIDs
   * @return the list without them
   */
  public AccessControlList without(Predicate<Sid> whose) {
    return new AccessControlList(
        revision,
        entries.stream()
            .filter(
                entry ->
                    entry.inherited()
                        || entry.ace().isEmpty()
                        || !whose.test(entry.ace().get().sid()))
            .toList());
  }

  /**
   * Takes rights from inherited entries that allow, on one file: the directory above keeps them.
   * They stay inherited, so that they go with those of the directory.
   *
   * @param whose selects the SIDs
   * @param kept the rights that may stay; an entry without any of them goes
   * @return the list with the narrower entries
   */
  public AccessControlList narrowedInherited(Predicate<Sid> whose, int kept) {
    List<RawAce> narrowed = new ArrayList<>();
    for (RawAce entry : entries) {
      Optional<Ace> ace = entry.ace().filter(own -> own.type() == Ace.Type.ALLOW);
      if (!entry.inherited() || ace.isEmpty() || !whose.test(ace.get().sid())) {
        narrowed.add(entry);
      } else if ((ace.get().mask() & kept) != 0) {
        narrowed.add(entry.masked(kept));
      }
    }
    return new AccessControlList(revision, narrowed);
  }

  /**
   * Returns the allow and deny entries that are not inherited.
   *
   * @return the entries in order
   */
  public List<Ace> explicit() {
    return entries.stream()
        .filter(entry -> !entry.inherited())
        .flatMap(entry -> entry.ace().stream())
        .toList();
  }

  /**
   * Returns whether all entries allow or deny: conditional entries, those of objects and others may
   * do either.
   *
   * @return false if there is an entry that {@link #aces()} leaves out
   */
  public boolean plain() {
    return entries.stream().allMatch(entry -> entry.ace().isPresent());
  }

  /**
   * Returns the allow and deny entries, for the model of the access check.
   *
   * @return the entries in order
   */
  public List<Ace> aces() {
    return entries.stream().flatMap(entry -> entry.ace().stream()).toList();
  }
}
