package org.ringfence.windows.acl;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.instancio.generator.Generator;
import org.instancio.junit.InstancioExtension;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;
import org.ringfence.property.Inputs;
import org.ringfence.property.Property;
import org.ringfence.windows.acl.AccessCheck.Outcome;
import org.ringfence.windows.acl.AccessToken.Privilege;
import org.ringfence.windows.acl.SecurityDescriptor.MandatoryLabel;

@ExtendWith(InstancioExtension.class)
class AccessCheckTest {
  private static final Map<String, Sid> SIDS =
      Map.ofEntries(
          Map.entry("U", new Sid("S-1-5-21-9-9-9-1001")),
          Map.entry("OTHER", new Sid("S-1-5-21-9-9-9-1002")),
          Map.entry("SBX", new Sid("S-1-5-21-9-9-9-1003")),
          Map.entry("SBXGRP", new Sid("S-1-5-21-9-9-9-1004")),
          Map.entry("CAP", new Sid("S-1-5-21-1-2-3-4")),
          Map.entry("CAP2", new Sid("S-1-5-21-5-6-7-8")),
          Map.entry("LOGON", new Sid("S-1-5-5-0-77")),
          Map.entry("WD", Sid.EVERYONE),
          Map.entry("BU", Sid.USERS),
          Map.entry("AU", Sid.AUTHENTICATED_USERS),
          Map.entry("BA", Sid.ADMINISTRATORS),
          Map.entry("SY", Sid.SYSTEM),
          Map.entry("OR", Sid.OWNER_RIGHTS));

  private static Set<Sid> sids(JsonNode names) {
    Set<Sid> sids = new HashSet<>();
    names.forEach(name -> sids.add(SIDS.get(name.asText())));
    return sids;
  }

  private static int mask(JsonNode text) {
    return Integer.parseUnsignedInt(text.asText().substring(2), 16);
  }

  private static AccessToken token(JsonNode node) {
    Set<Privilege> privileges = EnumSet.noneOf(Privilege.class);
    for (JsonNode name : node.get("privileges")) {
      switch (name.asText()) {
        case "Security" -> privileges.add(Privilege.SECURITY);
        case "TakeOwnership" -> privileges.add(Privilege.TAKE_OWNERSHIP);
        case "Relabel" -> privileges.add(Privilege.RELABEL);
        default -> assertThat(name.asText()).isIn("Backup", "Restore");
      }
    }
    Set<Sid> groups = sids(node.get("groups"));
    groups.removeAll(sids(node.get("disabled")));
    return new AccessToken(
        SIDS.get(node.get("user").asText()),
        groups,
        sids(node.get("denyOnly")),
        node.get("restricting").isNull()
            ? Optional.empty()
            : Optional.of(sids(node.get("restricting"))),
        node.get("writeRestricted").asBoolean(),
        privileges,
        mask(node.get("integrity")),
        Optional.empty());
  }

  private static SecurityDescriptor descriptor(JsonNode node) {
    Optional<List<Ace>> dacl = Optional.empty();
    if (!node.get("dacl").isNull()) {
      List<Ace> entries = new ArrayList<>();
      for (JsonNode ace : node.get("dacl")) {
        entries.add(
            new Ace(
                Ace.Type.valueOf(ace.get("type").asText()),
                SIDS.get(ace.get("sid").asText()),
                mask(ace.get("mask")),
                ace.get("inheritOnly").asBoolean() ? Ace.Scope.BELOW : Ace.Scope.OBJECT));
      }
      dacl = Optional.of(entries);
    }
    Optional<MandatoryLabel> label = Optional.empty();
    if (!node.get("label").isNull()) {
      Set<String> policy = new TreeSet<>();
      node.get("label").get("policy").forEach(each -> policy.add(each.asText()));
      label =
          Optional.of(
              new MandatoryLabel(
                  mask(node.get("label").get("il")),
                  policy.contains("NW"),
                  policy.contains("NR"),
                  policy.contains("NX")));
    }
    return new SecurityDescriptor(SIDS.get(node.get("owner").asText()), dacl, label);
  }

  /** Vectors of lower confidence are reported, not asserted. */
  @TestFactory
  Stream<DynamicTest> vectors() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    try (InputStream in = AccessCheckTest.class.getResourceAsStream("windows_vectors.json")) {
      for (JsonNode vector : new ObjectMapper().readTree(in)) {
        tests.add(
            DynamicTest.dynamicTest(
                vector.get("id") + " " + vector.get("reason").asText(), () -> checkVector(vector)));
      }
    }
    assertThat(tests).hasSize(83);
    return tests.stream();
  }

  private static void checkVector(JsonNode vector) {
    AccessCheck.Result result =
        AccessCheck.check(
            token(vector.get("token")),
            descriptor(vector.get("sd")),
            GenericMapping.FILE,
            mask(vector.get("desired")));
    boolean right = result.outcome().name().equals(vector.get("expected").asText());
    if (right && !vector.get("granted").isNull()) {
      right = result.granted() == mask(vector.get("granted"));
    }
    if (!right && !vector.get("confidence").asText().equals("verified-source")) {
      System.out.println("not asserted, and different: " + vector + " gives " + result);
      return;
    }
    assertThat(right).as("%s gives %s", vector, result).isTrue();
  }

  @Test
  void writeBitsOfFilesExcludeDeletionOfChildren() {
    assertThat(GenericMapping.FILE.writeBits()).isEqualTo(0x010d0116);
    assertThat(GenericMapping.FILE.writeBits() & AccessMask.DELETE_CHILD).isZero();
    assertThat(GenericMapping.KEY.writeBits() & 6).isEqualTo(6);
    assertThat(GenericMapping.PROCESS.writeBits() & 0x10).as("VM_READ").isZero();
    assertThat(GenericMapping.PROCESS.writeBits() & 0x20).as("VM_WRITE").isEqualTo(0x20);
  }

  private static final Sid PACKAGE = new Sid("S-1-15-2-1-2-3-4-5-6-7");
  private static final Sid CAPABILITY = new Sid("S-1-15-3-1");

  private static Ace ace(Ace.Type type, Sid sid, int mask) {
    return new Ace(type, sid, mask, Ace.Scope.OBJECT);
  }

  private static boolean inContainer(boolean lessPrivileged, int desired, Ace... entries) {
    Sid user = SIDS.get("U");
    AccessToken token =
        AccessToken.of(user, Set.of(Sid.USERS))
            .inContainer(new AccessToken.Container(PACKAGE, Set.of(CAPABILITY), lessPrivileged));
    return AccessCheck.check(
            token, SecurityDescriptor.of(user, entries), GenericMapping.FILE, desired)
        .allowed();
  }

  /**
   * The walk for a container looks at entries that allow; those that deny match the user and the
   * groups alone. The sources are at {@link AccessCheck}.
   */
  @Test
  void deniedEntriesForPackagesAndCapabilitiesAreInert() {
    Ace user = ace(Ace.Type.ALLOW, SIDS.get("U"), 0x1f01ff);
    Ace container = ace(Ace.Type.ALLOW, PACKAGE, 0x1301bf);
    for (Sid sid : List.of(PACKAGE, CAPABILITY, Sid.ALL_PACKAGES)) {
      Ace denied = ace(Ace.Type.DENY, sid, 0x1f01ff);
      assertThat(inContainer(false, 0x3, denied, container, user)).as("%s", sid).isTrue();
    }
    Ace users = ace(Ace.Type.DENY, Sid.USERS, 0x1f01ff);
    assertThat(inContainer(false, 0x3, users, container, user)).isFalse();
  }

  @Test
  void containerGetsOnlyRightsThatBothItsUserAndItsPackageHave() {
    Ace user = ace(Ace.Type.ALLOW, SIDS.get("U"), 0x1f01ff);
    assertThat(inContainer(false, 0x1, user)).isFalse();
    assertThat(inContainer(false, 0x1, ace(Ace.Type.ALLOW, PACKAGE, 0x1))).isFalse();
    assertThat(inContainer(false, 0x1, user, ace(Ace.Type.ALLOW, PACKAGE, 0x1))).isTrue();
    assertThat(inContainer(false, 0x3, user, ace(Ace.Type.ALLOW, PACKAGE, 0x1))).isFalse();
    assertThat(inContainer(false, 0x1, user, ace(Ace.Type.ALLOW, CAPABILITY, 0x1))).isTrue();
    // The owner of a file may write its list; a container that owns it may not.
    assertThat(inContainer(false, AccessMask.WRITE_DAC, user)).isFalse();
    assertThat(inContainer(false, AccessMask.MAXIMUM_ALLOWED, user)).isFalse();
  }

  @Test
  void lessPrivilegedContainerIsNotAmongAllPackages() {
    Ace user = ace(Ace.Type.ALLOW, SIDS.get("U"), 0x1f01ff);
    Ace all = ace(Ace.Type.ALLOW, Sid.ALL_PACKAGES, 0x1);
    Ace restricted = ace(Ace.Type.ALLOW, Sid.ALL_RESTRICTED_PACKAGES, 0x1);
    assertThat(inContainer(false, 0x1, user, all)).isTrue();
    assertThat(inContainer(true, 0x1, user, all)).isFalse();
    assertThat(inContainer(true, 0x1, user, restricted)).isTrue();
  }

  @Test
  void missingListGrantsAContainerNothing() {
    Sid user = SIDS.get("U");
    SecurityDescriptor open = new SecurityDescriptor(user, Optional.empty(), Optional.empty());
    AccessToken token = AccessToken.of(user, Set.of());
    AccessToken inside = token.inContainer(new AccessToken.Container(PACKAGE, Set.of(), false));
    assertThat(AccessCheck.check(token, open, GenericMapping.FILE, 0x1).allowed()).isTrue();
    assertThat(AccessCheck.check(inside, open, GenericMapping.FILE, 0x1).allowed()).isFalse();
  }

  private static final Generator<Sid> SID = Inputs.of(SIDS.values());

  private static final Generator<Integer> MASK =
      Inputs.of(
          0x1,
          0x2,
          0x4,
          0x40,
          0x10000,
          0x20000,
          0x40000,
          0x80000,
          0x1301bf,
          0x1f01ff,
          0x120089,
          0x120116,
          0x10000000,
          0x80000000);

  private static final Generator<Ace> ACE =
      random ->
          new Ace(
              random.oneOf(Ace.Type.values()),
              SID.generate(random),
              MASK.generate(random),
              random.oneOf(Ace.Scope.values()));

  /** One in ten has no list and grants everything to everyone. */
  private static final Generator<SecurityDescriptor> DESCRIPTOR =
      random ->
          new SecurityDescriptor(
              SID.generate(random),
              random.intRange(1, 10) == 1
                  ? Optional.empty()
                  : Optional.of(Inputs.lists(ACE, 0, 5).generate(random)),
              Optional.of(new MandatoryLabel(random.oneOf(0x1000, 0x2000), true, false, false)));

  private static final Generator<AccessToken> TOKEN =
      random ->
          new AccessToken(
              SID.generate(random),
              Inputs.sets(SID, 4).generate(random),
              Inputs.sets(SID, 2).generate(random),
              Optional.empty(),
              false,
              Inputs.sets(Inputs.of(Privilege.values()), 1).generate(random),
              random.oneOf(0x1000, 0x2000),
              Optional.empty());

  private static final Generator<Integer> REQUEST =
      Inputs.of(
          0x1,
          0x2,
          0x3,
          0x40,
          0x42,
          0x10000,
          0x20000,
          0x60000,
          0x80000,
          0x120089,
          0x12019f,
          0x1301bf,
          0x1f01ff,
          0x1000000,
          0x2000000,
          0x10000000,
          0x80000000);

  private record MoreDenied(
      AccessToken token, SecurityDescriptor descriptor, Ace ace, int place, int desired) {}

  @Test
  void addedDenyEntryNeverGrantsMore() {
    Property.forAll(
        random ->
            new MoreDenied(
                TOKEN.generate(random),
                DESCRIPTOR.generate(random),
                ACE.generate(random),
                Inputs.ints().generate(random),
                REQUEST.generate(random)),
        AccessCheckTest::assertDenyGrantsNoMore);
  }

  private static void assertDenyGrantsNoMore(MoreDenied input) {
    SecurityDescriptor descriptor = input.descriptor();
    if (descriptor.dacl().isEmpty()) {
      return;
    }
    List<Ace> more = new ArrayList<>(descriptor.dacl().get());
    more.add(
        Math.floorMod(input.place(), more.size() + 1),
        new Ace(Ace.Type.DENY, input.ace().sid(), input.ace().mask(), input.ace().scope()));
    SecurityDescriptor stricter =
        new SecurityDescriptor(descriptor.owner(), Optional.of(more), descriptor.label());
    AccessCheck.Result before =
        AccessCheck.check(input.token(), descriptor, GenericMapping.FILE, input.desired());
    AccessCheck.Result after =
        AccessCheck.check(input.token(), stricter, GenericMapping.FILE, input.desired());
    assertThat(after.granted() & ~before.granted()).isZero();
    assertThat(before.allowed() || !after.allowed()).isTrue();
  }

  private record Restriction(
      AccessToken token, SecurityDescriptor descriptor, Set<Sid> restricting, int desired) {}

  @Test
  void restrictedTokenNeverGetsMoreThanTheUnrestrictedOne() {
    Property.forAll(
        random ->
            new Restriction(
                TOKEN.generate(random),
                DESCRIPTOR.generate(random),
                Inputs.sets(SID, 3).generate(random),
                REQUEST.generate(random)),
        AccessCheckTest::assertRestrictionGrantsNoMore);
  }

  private static void assertRestrictionGrantsNoMore(Restriction input) {
    AccessCheck.Result free = outcome(input, input.token());
    AccessCheck.Result writes = outcome(input, input.token().restricted(input.restricting(), true));
    AccessCheck.Result all = outcome(input, input.token().restricted(input.restricting(), false));
    assertThat(writes.granted() & ~free.granted()).isZero();
    assertThat(all.granted() & ~writes.granted()).isZero();
    assertThat(free.outcome() == Outcome.GRANTED || writes.outcome() != Outcome.GRANTED).isTrue();
  }

  private static AccessCheck.Result outcome(Restriction input, AccessToken token) {
    return AccessCheck.check(token, input.descriptor(), GenericMapping.FILE, input.desired());
  }
}
