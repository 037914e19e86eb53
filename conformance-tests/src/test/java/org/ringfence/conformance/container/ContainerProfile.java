package org.ringfence.conformance.container;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.ringfence.linux.bpf.BpfAssembler;
import org.ringfence.linux.bpf.BpfProgram;
import org.ringfence.linux.plan.Arch;

/** A container engine's default seccomp profile, from its public facts. Immutable. */
public final class ContainerProfile {
  // linux/seccomp.h
  private static final int RET_ALLOW = 0x7fff0000;
  private static final int RET_ERRNO = 0x00050000;
  // struct seccomp_data
  private static final int NUMBER = 0;
  private static final int ARCH = 4;
  private static final int FIRST_ARGUMENT = 16;
  private static final int ARGUMENT_BYTES = 8;

  private final int otherwise;
  private final List<ProfileRule> rules;

  private ContainerProfile(int otherwise, List<ProfileRule> rules) {
    this.otherwise = otherwise;
    this.rules = List.copyOf(rules);
  }

  /**
   * Reads a profile.
   *
   * @param engine docker or podman
   * @return its default profile
   */
  public static ContainerProfile of(String engine) throws IOException {
    List<String> lines = lines(engine + ".txt").toList();
    return new ContainerProfile(
        Integer.parseInt(lines.get(0).substring("otherwise errno ".length())),
        lines.stream().skip(1).map(ProfileRule::read).toList());
  }

  private static Stream<String> lines(String resource) throws IOException {
    try (InputStream in = ContainerProfile.class.getResourceAsStream(resource)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#"));
    }
  }

  /**
   * Adds a rule in front, as a user does who edits the profile.
   *
   * @param line the rule, in the form of the facts
   * @return the profile with it
   */
  public ContainerProfile with(String line) {
    List<ProfileRule> more = new ArrayList<>(List.of(ProfileRule.read(line)));
    more.addAll(rules);
    return new ContainerProfile(otherwise, more);
  }

  /**
   * Compiles the profile, as the engine does for a container.
   *
   * @param arch the processor
   * @param capabilities the container's bounding set
   * @return the filter
   */
  public BpfProgram compile(Arch arch, Set<String> capabilities) throws IOException {
    Map<String, Integer> numbers = numbers(arch);
    BpfAssembler filter = new BpfAssembler();
    filter.load(ARCH).jumpIfEqual(arch.audit(), "known").ret(RET_ERRNO | otherwise);
    filter.label("known").load(NUMBER);
    for (ProfileRule rule : rules) {
      if (rule.appliesTo(capabilities)) {
        for (String call : rule.calls()) {
          int number = numbers.get(call);
          if (number >= 0) {
            add(filter, rule, number);
          }
        }
      }
    }
    return filter.ret(RET_ERRNO | otherwise).assemble();
  }

  private static Map<String, Integer> numbers(Arch arch) throws IOException {
    Map<String, Integer> numbers = new HashMap<>();
    lines("numbers.txt")
        .map(line -> line.split(" "))
        .forEach(
            parts -> numbers.put(parts[0], Integer.valueOf(parts[arch == Arch.X86_64 ? 1 : 2])));
    return numbers;
  }

  private static void add(BpfAssembler filter, ProfileRule rule, int number) {
    String matched = filter.freshLabel();
    String next = filter.freshLabel();
    filter.jumpIfEqual(number, matched).jump(next).label(matched);
    for (ProfileRule.Comparison test : rule.tests()) {
      String holds = filter.freshLabel();
      String fails = filter.freshLabel();
      filter.load(FIRST_ARGUMENT + ARGUMENT_BYTES * test.argument()).and(test.mask());
      switch (test.operator()) {
        case "==" -> filter.jumpIfEqual(test.value(), holds);
        case "!=" -> filter.jumpIfEqual(test.value(), fails).jump(holds);
        case "<" -> filter.jumpIfAtLeast(test.value(), fails).jump(holds);
        default -> filter.jumpIfAtLeast(test.value() + 1, holds);
      }
      filter.label(fails).load(NUMBER).jump(next).label(holds);
    }
    filter.ret(rule.error() == 0 ? RET_ALLOW : RET_ERRNO | rule.error()).label(next);
  }
}
