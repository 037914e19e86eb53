package org.ringfence.wsl2.script;

import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.ringfence.SandboxException;
import org.ringfence.linux.plan.HostTree;
import org.ringfence.policy.path.LooseMounts;
import org.ringfence.policy.path.PathLookup;

/**
 * The file system of a distribution, queried one path at a time and no part twice. For one plan,
 * one sandbox or one command: it misses later changes. Not thread-safe.
 */
final class GuestTree implements PathLookup, HostTree {
  private static final int MOST_LINKS = 40;
  private static final Set<String> SYSTEM =
      Set.of("bin", "boot", "etc", "lib", "mnt", "proc", "root", "run", "sbin", "sys", "usr");
  private static final Node MISSING = new Node('m', "");

  private final ScriptGuest guest;
  private final LooseMounts loose;
  private final Map<String, Node> nodes = new HashMap<>();

  /** The entry at a path: the script's letter for its kind, and the target of a link. */
  private record Node(char kind, String target) {}

  /** A path without links except the last part, and the links that led there. */
  private record Walked(String path, boolean exists, Map<String, String> links) {}

  GuestTree(ScriptGuest guest) {
    this(guest, LooseMounts.NONE);
  }

  /** Looks paths up where some mounts find an object by other names than its own. */
  GuestTree(ScriptGuest guest, LooseMounts loose) {
    this.guest = guest;
    this.loose = loose;
    nodes.put("/", new Node('d', ""));
  }

  /** A user's programs change nothing at the top and in the system's directories. */
  @Override
  public boolean replaceable(String path) {
    String top = path.substring(1).split("/")[0];
    // script-install.sh keeps the guests' own directory there, where it stays.
    boolean own = path.startsWith("/tmp/ringfence-guests-");
    return !own && path.substring(1).contains("/") && !SYSTEM.contains(top);
  }

  private Node node(String path) {
    Node known = nodes.get(path);
    if (known == null) {
      ask(path);
      known = nodes.getOrDefault(path, MISSING);
      nodes.put(path, known);
    }
    return known;
  }

  private void ask(String path) {
    try {
      String answer = guest.need("look " + path);
      String at = "";
      int part = 0;
      String[] parts = path.substring(1).split("/");
      for (String told : answer.isEmpty() ? new String[0] : answer.split(" ")) {
        at = at + "/" + parts[part];
        part++;
        String target =
            told.startsWith("l:")
                ? new String(ScriptGuest.decoded(told.substring(2)), StandardCharsets.UTF_8)
                : "";
        nodes.put(at, new Node(told.charAt(0), target));
      }
    } catch (SandboxException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Walks a path. Follows the last part only on request. */
  private Walked walk(String path, boolean followLast) {
    Map<String, String> links = new LinkedHashMap<>();
    Deque<String> rest = new ArrayDeque<>(List.of(path.split("/")));
    String at = "";
    boolean exists = true;
    int followed = 0;
    while (!rest.isEmpty()) {
      String part = rest.removeFirst();
      if (part.isEmpty() || part.equals(".")) {
        continue;
      }
      if (part.equals("..")) {
        at = at.substring(0, Math.max(0, at.lastIndexOf('/')));
        continue;
      }
      String next = at + "/" + part;
      Node node = exists ? node(next) : MISSING;
      if (node.kind == 'l' && (followLast || !rest.isEmpty()) && followed < MOST_LINKS) {
        followed++;
        links.put(next, node.target);
        at = node.target.startsWith("/") ? "" : at;
        List<String> parts = List.of(node.target.split("/"));
        for (int i = parts.size() - 1; i >= 0; i--) {
          rest.addFirst(parts.get(i));
        }
        continue;
      }
      exists = exists && node.kind != 'm';
      at = next;
    }
    return new Walked(at.isEmpty() ? "/" : at, exists, links);
  }

  @Override
  public String real(String path) {
    return walk(path, true).path;
  }

  @Override
  public Map<String, String> linksOn(String path) {
    return walk(path, true).links;
  }

  @Override
  public boolean exists(String path) {
    return walk(path, false).exists;
  }

  @Override
  public Kind kind(String path) {
    Walked walked = walk(path, false);
    return switch (walked.exists ? node(walked.path).kind : 'm') {
      case 'd' -> Kind.DIRECTORY;
      case 'l' -> Kind.LINK;
      case 'm' -> Kind.MISSING;
      default -> Kind.FILE;
    };
  }

  /** Returns the script's letter for the final target of a path. */
  private char end(String path) {
    Walked walked = walk(path, true);
    return walked.exists ? node(walked.path).kind : 'm';
  }

  @Override
  public LooseMounts looseMounts() {
    return loose;
  }

  boolean isDirectory(String path) {
    return end(path) == 'd';
  }

  boolean isThere(String path) {
    return end(path) != 'm';
  }

  boolean isExecutable(String path) {
    return end(path) == 'x';
  }
}
