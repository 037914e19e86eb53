package org.ringfence.conformance.fuzz;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.ringfence.conformance.probe.NativeCalls;

/** A tree that sequences work on, with its initial state. */
final class Terrain {
  /** The beginning of every text that no command may read. */
  static final String SECRET = "SECRET-";

  private static final int DEEP = 3_000;
  private static final int O_PATH_NOFOLLOW = 0x200000 | 0x20000 | 0x80000;
  private static final FileTime LONG_AGO = FileTime.fromMillis(1_000_000_000_000L);

  private final Path directory;
  private final Map<String, String> begins;

  private Terrain(Path directory, Map<String, String> begins) {
    this.directory = directory;
    this.begins = begins;
  }

  /** Returns a tree with the paths of rules, globs and protected names, and with plain paths. */
  static Terrain root(Path directory) {
    Map<String, String> all = new LinkedHashMap<>();
    for (String made :
        new String[] {
          "ws",
          "ws/d",
          "ws/d/e",
          "ws/secret",
          "ws/conf",
          "ws/conf/prod",
          "ws/denied",
          "ws/ro",
          "ws/.git",
          "ws/.git/hooks",
          "ws/.git/objects",
          "ws/.git/refs",
          "ws/.vscode",
          "out",
          "host",
          "host/d",
          "hidden"
        }) {
      all.put(made, "/");
    }
    for (String file :
        new String[] {
          "ws/a",
          "ws/b",
          "ws/d/a",
          "ws/d/e/f",
          "ws/ro/f",
          "ws/.vscode/s.json",
          "host/f",
          "host/d/a",
          "ws/secret/plain"
        }) {
      all.put(file, "of " + file);
    }
    for (String file :
        new String[] {
          "ws/secret/k.key", "ws/conf/prod/x.pem", "ws/denied/s", "ws/deniedfile", "hidden/s"
        }) {
      all.put(file, SECRET + file);
    }
    all.put("ws/.git/HEAD", "ref: refs/heads/main\n");
    all.put("ws/.git/config", "[core]\n\tbare = false\n");
    all.put("ws/link", ">a");
    all.put("ws/ldir", ">d");
    all.put("ws/dangling", ">missing");
    all.put("ws/loop", ">loop");
    return new Terrain(directory, all);
  }

  /**
   * Returns the tree in the host's temporary directory, whose files may serve as standard input.
   */
  static Terrain host(Path directory) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("d", "/");
    all.put("d/f", "of the host");
    all.put("input", "input of the host");
    all.put("empty", "");
    all.put("secret", SECRET + "host");
    return new Terrain(directory, all);
  }

  Path directory() {
    return directory;
  }

  /** Restores the initial state; unchanged paths stay untouched, because mounts may lie on them. */
  void reset() throws IOException {
    Files.createDirectories(directory);
    clean(directory, directory);
    Files.setAttribute(directory, "unix:mode", 0755);
    forgetAttributes(directory);
    for (Map.Entry<String, String> entry : begins.entrySet()) {
      Path path = directory.resolve(entry.getKey());
      String wanted = entry.getValue();
      if (!isAs(path, wanted)) {
        remove(path);
        make(path, wanted);
      }
      if (!wanted.startsWith(">")) {
        int mode = wanted.equals("/") ? 0755 : 0644;
        if ((number(path, "unix:mode") & 07777) != mode) {
          Files.setAttribute(path, "unix:mode", mode);
        }
        Files.setLastModifiedTime(path, LONG_AGO);
        forgetAttributes(path);
      }
    }
  }

  private static void forgetAttributes(Path path) throws IOException {
    UserDefinedFileAttributeView view =
        Files.getFileAttributeView(path, UserDefinedFileAttributeView.class);
    for (String name : view.list()) {
      view.delete(name);
    }
  }

  private static int number(Path path, String attribute) throws IOException {
    return ((Number) Files.getAttribute(path, attribute, LinkOption.NOFOLLOW_LINKS)).intValue();
  }

  private static boolean isAs(Path path, String wanted) throws IOException {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    if (wanted.equals("/")) {
      return Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
    }
    if (wanted.startsWith(">")) {
      return Files.isSymbolicLink(path)
          && Files.readSymbolicLink(path).toString().equals(wanted.substring(1));
    }
    return Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)
        && number(path, "unix:nlink") == 1
        && Files.size(path) < 1000
        && Files.readString(path).equals(wanted);
  }

  private static void make(Path path, String wanted) throws IOException {
    if (wanted.equals("/")) {
      Files.createDirectory(path);
    } else if (wanted.startsWith(">")) {
      Files.createSymbolicLink(path, Path.of(wanted.substring(1)));
    } else {
      Files.writeString(path, wanted);
    }
  }

  private void clean(Path real, Path way) throws IOException {
    if ((number(way, "unix:mode") & 0700) != 0700) {
      Files.setAttribute(way, "unix:mode", 0755);
    }
    for (Path child : children(way)) {
      Path name = real.resolve(child.getFileName());
      String wanted = begins.get(directory.relativize(name).toString());
      if (wanted == null) {
        remove(child);
      } else if (wanted.equals("/") && Files.isDirectory(child, LinkOption.NOFOLLOW_LINKS)) {
        clean(name, child);
      }
    }
  }

  private static Iterable<Path> children(Path directory) throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.sorted().toList();
    }
  }

  /** Removes a tree of any depth. */
  static void remove(Path path) throws IOException {
    if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
      Files.setAttribute(path, "unix:mode", 0755);
      int fd = (int) NativeCalls.call("open", path.toString(), O_PATH_NOFOLLOW, 0);
      try {
        for (Path child : children(Path.of("/proc/self/fd/" + fd + "/."))) {
          remove(child);
        }
      } finally {
        NativeCalls.call("close", fd);
      }
    }
    Files.deleteIfExists(path);
  }

  /** Returns kind, mode, owner, size, contents, attributes and link of every path. */
  Map<String, Entry> snapshot() throws IOException {
    Map<String, Entry> all = new TreeMap<>();
    see(directory, directory.toString(), all);
    return all;
  }

  /**
   * The state of one path.
   *
   * @param what everything except times and link count
   * @param modified the time of the last change of its contents, in nanoseconds; 0 for directories,
   *     whose time depends on the names in them
   */
  record Entry(String what, long modified) {}

  private void see(Path way, String name, Map<String, Entry> all) throws IOException {
    Map<String, Object> seen =
        Files.readAttributes(
            way, "unix:mode,uid,gid,size,lastModifiedTime", LinkOption.NOFOLLOW_LINKS);
    boolean isDirectory = Files.isDirectory(way, LinkOption.NOFOLLOW_LINKS);
    StringBuilder what =
        new StringBuilder(
            Integer.toOctalString((Integer) seen.get("mode"))
                + " "
                + seen.get("uid")
                + ":"
                + seen.get("gid"));
    if (Files.isSymbolicLink(way)) {
      String target = Files.readSymbolicLink(way).toString();
      String place = target.replaceAll("/(in|ou)(?=/|$)", "/xx");
      what.append(" -> ").append(place.replaceAll("^(/proc/.*/fd/)[0-9]+", "$1n"));
    } else if (Files.isRegularFile(way, LinkOption.NOFOLLOW_LINKS)) {
      what.append(' ').append(seen.get("size")).append(' ').append(content(way));
    }
    if (isDirectory || Files.isRegularFile(way, LinkOption.NOFOLLOW_LINKS)) {
      what.append(attributes(way));
    }
    long modified =
        isDirectory
            ? 0
            : ((FileTime) seen.get("lastModifiedTime"))
                .to(java.util.concurrent.TimeUnit.NANOSECONDS);
    all.put(name, new Entry(what.toString(), modified));
    if (isDirectory) {
      int fd =
          name.length() > DEEP
              ? (int) NativeCalls.call("open", way.toString(), O_PATH_NOFOLLOW, 0)
              : -1;
      try {
        for (Path child : children(fd < 0 ? way : Path.of("/proc/self/fd/" + fd + "/."))) {
          see(child, name + "/" + child.getFileName(), all);
        }
      } finally {
        if (fd >= 0) {
          NativeCalls.call("close", fd);
        }
      }
    }
  }

  private static String content(Path path) throws IOException {
    try (var in = Files.newInputStream(path)) {
      byte[] first = in.readNBytes(4096);
      return new String(first, StandardCharsets.UTF_8).replace("\0", "");
    } catch (java.nio.file.AccessDeniedException e) {
      return "?";
    }
  }

  private static String attributes(Path path) throws IOException {
    UserDefinedFileAttributeView view =
        Files.getFileAttributeView(path, UserDefinedFileAttributeView.class);
    StringBuilder all = new StringBuilder();
    for (String name : view.list().stream().sorted().toList()) {
      ByteBuffer value = ByteBuffer.allocate(view.size(name));
      view.read(name, value);
      all.append(" ")
          .append(name)
          .append("=")
          .append(new String(value.array(), StandardCharsets.UTF_8));
    }
    return all.toString();
  }
}
