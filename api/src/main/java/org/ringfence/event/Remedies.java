package org.ringfence.event;

import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.ringfence.event.Remedy.None;
import org.ringfence.policy.Access;
import org.ringfence.policy.Operation;
import org.ringfence.policy.Reason;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathLookup;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.policy.value.HostPattern;
import org.ringfence.policy.value.InvalidPolicyException;

/**
 * Finds a policy addition that allows a denied operation, from the denial's typed reason and the
 * object at the path now. An instance serves many denials: it looks only once at the machine's home
 * directories and programs. Thread-safe.
 */
public final class Remedies {
  /**
   * Files that HotSpot writes for itself, as in its sources: os_linux.cpp, perfMemory_posix.cpp.
   */
  private static final Pattern OF_A_JVM =
      Pattern.compile(".*/hsperfdata_[^/]+(/.*)?|.*/\\.java_pid\\d+");

  /** Paths of the system: one denied file there is no reason to grant all of it. */
  private static final Pattern SYSTEM =
      Pattern.compile(
          "/(etc|usr|bin|sbin|lib|lib32|lib64|libx32|boot|System|Library|Applications|private/etc)"
              + "(/.*)?|/(var|opt|run|srv|home|root|mnt|media|dev|sys|Users|private|private/var)"
              + "|/var/(lib|log|cache|spool)|[A-Za-z]:\\\\?"
              + "|[A-Za-z]:\\\\(Windows|Program Files|Program Files \\(x86\\)|ProgramData)"
              + "(\\\\.*)?|[A-Za-z]:\\\\Users");

  /** A file that HotSpot writes when it starts; it ignores the failure. */
  private static final Pattern CORE_FILTER = Pattern.compile("/proc/\\d+/coredump_filter");

  /**
   * HotSpot's performance data in the system's temporary directory, and the stale files of other
   * JVMs there (perfMemory_posix.cpp). Files that it needs for its attach socket are not among
   * them.
   */
  private static final Pattern PERFORMANCE_DATA = Pattern.compile("/hsperfdata_[^/]+(/\\d+)?");

  private static final int DNS = 53;
  private static final int V4_BITS = 32;
  private static final int V6_BITS = 128;

  private final PathLookup lookup;
  private final String systemTmp;
  private final String home;
  private final Supplier<GrantBounds> bounds;
  // Made for the first denial that needs it.
  private volatile GrantBounds judged;
  private final ToolCaches caches;

  /**
   * Creates an instance.
   *
   * @param lookup looks up the object at a path
   * @param systemTmp the system's directory for temporary files
   * @param home the home directory, empty if unknown
   * @param bounds the grants that are not proposed
   */
  Remedies(PathLookup lookup, String systemTmp, String home, Supplier<GrantBounds> bounds) {
    this.lookup = lookup;
    this.systemTmp = systemTmp;
    this.home = home.isEmpty() ? home : lookup.real(home);
    this.bounds = bounds;
    this.caches = new ToolCaches(lookup, this.home);
  }

  /**
   * Returns an instance for this machine, with the home directories and the value of PATH now.
   *
   * @return the instance
   */
  public static Remedies ofThisMachine() {
    PathContext places = PathContext.current();
    return new Remedies(
        PathLookup.HOST,
        PathLookup.HOST.real(places.systemTmp()),
        places.home(),
        () -> new HostBounds(places, Objects.requireNonNullElse(System.getenv("PATH"), "")));
  }

  private GrantBounds bounds() {
    GrantBounds known = judged;
    if (known == null) {
      known = bounds.get();
      judged = known;
    }
    return known;
  }

  /**
   * Returns a policy addition that would allow a denied operation. Looks at its path on this
   * machine now.
   *
   * @param violation the denied operation
   * @return the addition, or the reason why there is none
   */
  public Remedy of(Violation violation) {
    Reason reason = violation.reason();
    if (reason instanceof Reason.Default byDefault) {
      return file(violation, byDefault.asked());
    }
    if (reason instanceof Reason.Rule rule) {
      return rule.access() == Access.NONE
          ? new None("the policy denies it by a rule of its own: " + rule.rule())
          : file(violation, rule.asked());
    }
    return reason instanceof Reason.RuleBelow
            || reason instanceof Reason.Glob
            || reason instanceof Reason.ShortName
            || reason instanceof Reason.ProtectedPath
            || reason instanceof Reason.ProtectedName
            || reason instanceof Reason.FoundName
            || reason instanceof Reason.GitContent
            || reason instanceof Reason.HandedIn
            || reason instanceof Reason.ForeignMetadata
        ? kept(violation, reason)
        : network(reason);
  }

  /** Returns the allowance of one path, if a glob can name it. */
  private static Remedy name(String path) {
    boolean plain = path.startsWith("/") && path.chars().noneMatch(c -> "*?{}[]".indexOf(c) >= 0);
    return plain
        ? new Remedy.AllowName(path)
        : new None("files there run code outside the sandbox later");
  }

  private static Remedy kept(Violation violation, Reason reason) {
    if (reason instanceof Reason.RuleBelow below) {
      return new None(
          "a path that a rule names stays where it is; instead of this rule, grant the directory"
              + " above: "
              + below.rule());
    }
    if (reason instanceof Reason.Glob) {
      return new None("a deny glob holds everywhere; only a policy without it allows this");
    }
    if (reason instanceof Reason.ShortName) {
      return new None("use the long name of the file, which the policy can decide on");
    }
    if (reason instanceof Reason.ProtectedPath) {
      return new None("a protected path is never written");
    }
    if (reason instanceof Reason.ProtectedName
        || reason instanceof Reason.FoundName
        || reason instanceof Reason.GitContent) {
      return name(violation.target());
    }
    return new None(
        reason instanceof Reason.HandedIn
            ? "a descriptor gives the access that it was opened for and no more"
            : "it is shared with everything outside the sandbox");
  }

  private static Remedy network(Reason reason) {
    if (reason instanceof Reason.NetworkClosed closed) {
      return closed.port() == DNS || closed.host().isEmpty()
          ? new Remedy.DecideOnHosts()
          : host(closed.host(), closed.port());
    }
    if (reason instanceof Reason.Unlisted unlisted) {
      return host(unlisted.host(), unlisted.port());
    }
    if (reason instanceof Reason.SpecialAddress special) {
      int bits = special.address().indexOf(':') >= 0 ? V6_BITS : V4_BITS;
      return new Remedy.AllowRange(special.address() + "/" + bits);
    }
    if (reason instanceof Reason.ForeignLoopback loopback) {
      return new Remedy.HostLoopbackPort(loopback.port());
    }
    if (reason instanceof Reason.NoLoopback) {
      return new Remedy.OwnLoopback();
    }
    if (reason instanceof Reason.UnixSocket socket) {
      return socket.path().startsWith("/")
          ? new Remedy.UnixSocket(socket.path())
          : new None("a socket without a path cannot be named in a policy");
    }
    return new None(unhelped(reason));
  }

  private static String unhelped(Reason reason) {
    if (reason instanceof Reason.DeniedHost denied) {
      return "the policy denies it by a pattern of its own: " + denied.pattern();
    }
    if (reason instanceof Reason.NotTcp) {
      return "only TCP passes an allowlist";
    }
    if (reason instanceof Reason.Listener) {
      return "the listener denied it";
    }
    if (reason instanceof Reason.NotFound found) {
      return "the policy allows the host, but its address was not found: " + found.problem();
    }
    if (reason instanceof Reason.ServerName) {
      return "TLS did not name the host that the policy allows";
    }
    return reason instanceof Reason.BySystem closed
        ? ClosedCallText.of(closed.operation())
        : "no policy grants it";
  }

  private static Remedy host(String host, int port) {
    String literal = host.indexOf(':') >= 0 && !host.startsWith("[") ? "[" + host + "]" : host;
    String pattern = port == 0 ? literal : literal + ":" + port;
    try {
      HostPattern.parse(pattern);
    } catch (InvalidPolicyException e) {
      return new None("no pattern can name this host");
    }
    return new Remedy.AllowHost(pattern);
  }

  private Remedy file(Violation violation, Operation asked) {
    String path = violation.target();
    if (runsJvm(violation.executable()) && triedAtStart(path)) {
      return new None(
          "a JVM tries it when it starts, and runs as well without", Remedy.Weight.OPTIONAL);
    }
    if (ofJvm(violation)) {
      return new Remedy.AddPreset("jvm");
    }
    if (CORE_FILTER.matcher(path).matches()) {
      return new None("a JVM chooses the content of its core dumps, and runs as well without");
    }
    if (path.startsWith("/proc/")) {
      return new None("a file of one process, which is gone when a policy is read next");
    }
    if (path.indexOf('*') >= 0) {
      return new None("a rule cannot name a path with a *");
    }
    boolean there = lookup.exists(path);
    // A remedy names the object itself: a link on the way may lead elsewhere by now.
    String object = there ? lookup.real(path) : path;
    if (asked == Operation.READ) {
      return there
          ? refused(bounds().againstReading(object))
              .orElse(new Remedy.GrantPath(object, Access.READ))
          : new None("nothing is there any more");
    }
    boolean names = violation.changesNames();
    if ((names || violation.operation().equals("open")) && !lookup.mayWrite(object, names)) {
      return new None(
          "this user may not write there outside the sandbox either", Remedy.Weight.EITHER_WAY);
    }
    Optional<Remedy> refused = refused(bounds().againstWriting(object));
    if (refused.isPresent()) {
      return refused.get();
    }
    return caches
        .remedy(object)
        .orElseGet(
            () ->
                there && !violation.changesNames()
                    ? new Remedy.GrantPath(object, Access.WRITE)
                    : directory(path));
  }

  /**
   * Returns a grant of the nearest existing directory, because adding or removing a name needs a
   * right on it.
   */
  private Remedy directory(String path) {
    String directory = parent(path);
    while (!lookup.exists(directory) && directory.length() > 1) {
      directory = parent(directory);
    }
    directory = lookup.real(directory);
    if (directory.equals(systemTmp)) {
      return new Remedy.ShareTmp();
    }
    if (directory.length() <= 1 || directory.equals(home) || SYSTEM.matcher(directory).matches()) {
      if (lookup.exists(path)) {
        return new None("only the whole of " + directory + " could be granted, which is too much");
      }
      return new None(
          "only the whole of "
              + directory
              + " could be granted; make the file or a directory for it there first, and grant"
              + " that");
    }
    return refused(bounds().againstWritingBelow(directory))
        .orElse(new Remedy.GrantPath(directory, Access.WRITE));
  }

  private static Optional<Remedy> refused(Optional<String> reason) {
    return reason.map(None::new);
  }

  private static String parent(String path) {
    int slash = PathStyle.current().lastSeparator(path, path.length() - 1);
    return slash <= 0 ? "/" : path.substring(0, slash);
  }

  /**
   * Returns whether HotSpot tries to write a path when it starts, and ignores the failure. A
   * program of the workspace can look like a JDK's, so these are places that matter to nothing
   * else.
   */
  private boolean triedAtStart(String path) {
    return CORE_FILTER.matcher(path).matches()
        || path.startsWith(systemTmp + "/")
            && PERFORMANCE_DATA.matcher(path.substring(systemTmp.length())).matches();
  }

  private boolean ofJvm(Violation violation) {
    return OF_A_JVM.matcher(violation.target()).matches()
        || violation.target().startsWith(systemTmp + "/") && runsJvm(violation.executable());
  }

  /**
   * Returns whether a program is of a JDK: the library directory lies beside the program directory.
   */
  private boolean runsJvm(String executable) {
    return executable.length() > 1 && lookup.exists(parent(parent(executable)) + "/lib/jvm.cfg");
  }
}
