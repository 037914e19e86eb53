package org.ringfence.windows.acl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.instancio.generator.Generator;
import org.instancio.junit.InstancioExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.ringfence.property.Inputs;
import org.ringfence.property.Property;

@ExtendWith(InstancioExtension.class)
class AccessControlListTest {
  private static final byte[] LIKE = {1, 0, 4, (byte) 0x84};

  private static final Generator<Sid> SID =
      Inputs.of(
          Sid.EVERYONE,
          Sid.SYSTEM,
          new Sid("S-1-5-21-1-2-3-4"),
          new Sid("S-1-5-21-4294967295-0-7-8"),
          new Sid("S-1-15-2-1-2-3-4-5-6-7"));

  private static final Generator<List<Ace>> ACES =
      Inputs.lists(
          random ->
              new Ace(
                  random.oneOf(Ace.Type.values()),
                  SID.generate(random),
                  Inputs.ints().generate(random),
                  random.oneOf(Ace.Scope.values())),
          0,
          12);

  private static AccessControlList list(List<Ace> aces) {
    return AccessControlList.of(aces.toArray(new Ace[0]));
  }

  @Test
  void listIsReadAsItIsWritten() {
    Property.forAll(
        ACES,
        aces -> {
          AccessControlList list = list(aces);
          assertThat(AccessControlList.ofDescriptor(list.descriptor(LIKE))).contains(list);
          assertThat(list.aces()).isEqualTo(aces);
        });
  }

  @Test
  void removalOfAddedEntriesRestoresTheList() {
    Property.forAll(
        ACES,
        aces -> {
          AccessControlList list = list(aces);
          Sid ours = new Sid("S-1-5-21-9-9-9-9");
          AccessControlList with =
              list.with(new Ace(Ace.Type.ALLOW, ours, AccessMask.MODIFY, Ace.Scope.TREE), true)
                  .with(new Ace(Ace.Type.DENY, ours, AccessMask.CHANGES, Ace.Scope.TREE), true);
          assertThat(with.entries()).hasSize(aces.size() + 2);
          assertThat(with.without(ours::equals)).isEqualTo(list);
        });
  }

  /** Our denial never follows an entry that allows. */
  @Test
  void addedDenialPrecedesEveryAllowEntry() {
    Ace denial =
        new Ace(Ace.Type.DENY, new Sid("S-1-5-21-9-9-9-9"), AccessMask.CHANGES, Ace.Scope.TREE);
    Property.forAll(
        ACES,
        aces -> {
          List<Ace> all = list(aces).with(denial, true).aces();
          assertThat(all.subList(0, all.indexOf(denial)))
              .allMatch(ace -> ace.type() == Ace.Type.DENY);
        });
  }

  @Test
  void truncatedListIsRefusedAtEveryLength() {
    Property.forAll(
        ACES,
        aces -> {
          byte[] whole = list(aces).descriptor(LIKE);
          for (int length = 0; length < whole.length; length++) {
            if (!isRefused(Arrays.copyOf(whole, length))) {
              throw new AssertionError("a list truncated at " + length + " is accepted");
            }
          }
        });
  }

  /**
   * Catches the exception itself: AssertJ's exception assertions would take most of the time of so
   * many attempts.
   */
  private static boolean isRefused(byte[] descriptor) {
    try {
      AccessControlList.ofDescriptor(descriptor);
      return false;
    } catch (IllegalArgumentException e) {
      return true;
    }
  }

  /** Windows makes such lists: inherited entries of other types, in a list of revision 4. */
  @Test
  void entriesOfUnknownTypesAreKept() {
    byte[] callback =
        HexFormat.of().parseHex("0910180001000000" + "0102000000000005" + "2000000020020000");
    byte[] acl = new byte[8 + callback.length];
    acl[0] = 4;
    acl[2] = (byte) acl.length;
    acl[4] = 1;
    System.arraycopy(callback, 0, acl, 8, callback.length);
    byte[] descriptor = new byte[20 + acl.length];
    System.arraycopy(LIKE, 0, descriptor, 0, 4);
    descriptor[16] = 20;
    System.arraycopy(acl, 0, descriptor, 20, acl.length);
    AccessControlList list = AccessControlList.ofDescriptor(descriptor).orElseThrow();
    assertThat(list.aces()).isEmpty();
    Ace added = new Ace(Ace.Type.ALLOW, Sid.SYSTEM, 1, Ace.Scope.OBJECT);
    AccessControlList with = list.with(added, true);
    // Inherited entries come last.
    assertThat(with.entries().get(0).ace()).contains(added);
    assertThat(with.without(sid -> true).bytes()).isEqualTo(acl);
  }

  @Test
  void nullListIsAbsent() {
    byte[] descriptor = new byte[20];
    descriptor[0] = 1;
    assertThat(AccessControlList.ofDescriptor(descriptor)).isEmpty();
    descriptor[2] = 4;
    assertThat(AccessControlList.ofDescriptor(descriptor)).isEmpty();
  }

  @Test
  void entryOnAFileAppliesToTheFileOnly() {
    Ace ace = new Ace(Ace.Type.ALLOW, Sid.SYSTEM, AccessMask.MODIFY, Ace.Scope.TREE);
    AccessControlList list = AccessControlList.of().with(ace, false);
    assertThat(list.contains(ace, false)).isTrue();
    assertThat(list.contains(ace, true)).isFalse();
    assertThat(list.aces().get(0).scope()).isEqualTo(Ace.Scope.OBJECT);
  }

  @Test
  void ownerOfBytesThatAreNoDescriptorIsRefused() {
    byte[] descriptor = AccessControlList.of().descriptorOf(Sid.SYSTEM);
    assertThat(AccessControlList.ownerOf(descriptor)).contains(Sid.SYSTEM);
    for (int length = 0; length < descriptor.length; length++) {
      byte[] cut = Arrays.copyOf(descriptor, length);
      assertThatThrownBy(() -> AccessControlList.ownerOf(cut))
          .isInstanceOf(IllegalArgumentException.class);
    }
    // An offset below 0.
    descriptor[7] = (byte) 0x80;
    assertThatThrownBy(() -> AccessControlList.ownerOf(descriptor))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
