package org.ringfence.conformance.probe;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.ringfence.conformance.probe.Probe.Operation;

/**
 * Random operations on names, from a seed: their results inside a sandbox that decides on names
 * must equal those without one. Prints a line per operation, then the tree; on Linux its
 * capabilities before them. With a fourth argument it holds no more than those.
 */
final class RandomFileOperations {
  private static final KernelNumbers NUMBERS = KernelNumbers.here();
  // The last is O_PATH. Others differ between the architectures and are left out.
  private static final int[] OPEN_FLAGS = {
    NUMBERS.create(),
    NUMBERS.exclusive(),
    NUMBERS.truncate(),
    NUMBERS.append(),
    NUMBERS.closeOnExec(),
    NativeCalls.LINUX ? 0x200000 : 0
  };
  private static final String CAPABILITIES = "capabilities ";
  private static final int[] ACCESS = {0, 1, 2};
  // A directory that its owner cannot enter would end the operations in it.
  private static final int OWNER = 0700;
  private static final int[] MODES = {0644, 0600, 0755, 0444, 01777};
  private static final String LONG = "n".repeat(300);
  private static final List<String> NAMES =
      List.of(
          "a",
          "b",
          "c",
          "d",
          "d/a",
          "d/b",
          "d/e",
          "d/e/a",
          "d/e/f",
          "./a",
          "d/../a",
          "d/./b",
          "d//a",
          "a/",
          "d/",
          "d/e/",
          "a/x",
          "link",
          "link/a",
          "link/",
          "dangling",
          "dangling/",
          "loop",
          "loop/a",
          ".",
          "..",
          "d/.",
          "d/..",
          "",
          LONG,
          "fifo",
          "up");
  private static final List<String> TARGETS =
      List.of("a", "d", "d/e", "missing", "loop", "../a", "..", "./d/a", "link", "/no/such/place");

  private final Random random;
  private final Path directory;
  private final long descriptor;

  private RandomFileOperations(Path directory, long seed) {
    this.random = new Random(seed);
    this.directory = directory;
    this.descriptor = NativeCalls.call("open", directory.resolve("d").toString(), 0, 0);
  }

  static void addTo(Map<String, Operation> all) {
    all.put(
        "random-files",
        arguments -> {
          Path directory = Path.of(arguments[0]);
          if (NativeCalls.LINUX) {
            if (arguments.length > 3) {
              ProcessOperations.keepCapabilities(Long.parseUnsignedLong(arguments[3], 16));
            }
            System.out.println(CAPABILITIES + Long.toHexString(ProcessOperations.capabilities()));
          }
          NativeCalls.call("chdir", directory.toString());
          NativeCalls.call("mkdir", "d", 0755);
          return new RandomFileOperations(directory, Long.parseLong(arguments[1]))
              .run(Integer.parseInt(arguments[2]));
        });
  }

  private long run(int count) throws IOException {
    for (int i = 0; i < count; i++) {
      String what = step();
      System.out.println(i + " " + what.replace(directory.toString(), "$"));
    }
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : all.sorted().toList()) {
        Map<String, Object> attributes =
            Files.readAttributes(path, "unix:mode,size,nlink", LinkOption.NOFOLLOW_LINKS);
        boolean isDirectory = Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
        System.out.println(
            directory.relativize(path)
                + " "
                + Integer.toOctalString((Integer) attributes.get("mode"))
                + (isDirectory ? "" : " " + attributes.get("size") + " " + attributes.get("nlink"))
                + (Files.isSymbolicLink(path) ? " -> " + Files.readSymbolicLink(path) : ""));
      }
    }
    return count;
  }

  private String name() {
    String name = NAMES.get(random.nextInt(NAMES.size()));
    boolean absolute = random.nextInt(8) == 0 && !name.isEmpty();
    return absolute ? directory + "/" + name : name;
  }

  /** Returns the working directory, or sometimes another. */
  private int base() {
    return random.nextInt(6) == 0 ? (int) descriptor : NativeCalls.AT_FDCWD;
  }

  private String step() {
    String one = name();
    String other = name();
    int mode = MODES[random.nextInt(MODES.length)];
    int base = base();
    int otherBase = base();
    return switch (random.nextInt(14)) {
      case 0, 1, 2, 3 -> open(base, one, mode);
      case 4 -> said("mkdir " + one, NativeCalls.call("mkdirat", base, one, mode | OWNER));
      case 5 -> said("rmdir " + one, NativeCalls.call("rmdir", one));
      case 6 -> said("unlink " + one, NativeCalls.call("unlink", one));
      case 7 -> {
        int flags = random.nextInt(3) == 0 ? NUMBERS.removeDirectory() : 0;
        yield said("unlinkat " + one + " " + flags, NativeCalls.call("unlinkat", base, one, flags));
      }
      case 8 -> said("rename " + one + " " + other, NativeCalls.call("rename", one, other));
      case 9 -> {
        int flags = random.nextInt(3);
        yield said(
            "renameat2 " + one + " " + other + " " + flags,
            FileOperations.rename(base, one, otherBase, other, flags));
      }
      case 10 -> {
        int flags = random.nextInt(2) == 0 ? 0x400 : 0;
        // Seatbelt grants no second names.
        yield NativeCalls.LINUX
            ? said(
                "linkat " + one + " " + other + " " + flags,
                NativeCalls.call("linkat", base, one, otherBase, other, flags))
            : "no link";
      }
      case 11 -> {
        String target = TARGETS.get(random.nextInt(TARGETS.size()));
        yield said(
            "symlink " + target + " " + one, NativeCalls.call("symlinkat", target, base, one));
      }
      case 12 -> said("mkfifo " + one, NativeCalls.call("mkfifo", one, mode));
      default ->
          random.nextBoolean()
              ? said(
                  "truncate " + one, NativeCalls.call("truncate", one, (long) random.nextInt(50)))
              : said("umask", NativeCalls.call("umask", random.nextInt(0100)));
    };
  }

  private String open(int base, String name, int mode) {
    int flags = ACCESS[random.nextInt(ACCESS.length)];
    for (int flag : OPEN_FLAGS) {
      flags |= random.nextInt(3) == 0 ? flag : 0;
    }
    // Any name may be a FIFO by now, and an open would wait for its other side.
    flags |= NUMBERS.nonBlocking();
    long fd = NativeCalls.call("openat", base, name, flags, mode);
    String result = said("open " + name + " 0x" + Integer.toHexString(flags), Math.min(fd, 0));
    if (fd >= 0) {
      long written = NativeCalls.call("write", (int) fd, "text", 4L);
      NativeCalls.call("close", (int) fd);
      return result + " wrote " + written;
    }
    return result;
  }

  private static String said(String what, long result) {
    String shown = what.replace(LONG, "LONG");
    return shown
        + " = "
        + (result < 0 ? NativeCalls.errorName((int) -result) : Long.toString(result));
  }
}
