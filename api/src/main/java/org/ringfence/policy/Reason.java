package org.ringfence.policy;

import java.util.Locale;

/**
 * What decided that something is allowed or denied. Each kind has the parts from which a person
 * reads the rule ({@link #text()}) and from which a {@link Remedy} is made.
 */
public sealed interface Reason {
  /**
   * The rule in the words of the policy.
   *
   * @return such as {@code files.rules /data: read}; never empty
   */
  String text();

  /**
   * No file rule speaks, so that the default holds.
   *
   * @param value the default
   * @param asked what was to be done
   */
  record Default(FileDefault value, Operation asked) implements Reason {
    @Override
    public String text() {
      return "files.default " + value.name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * A file rule.
   *
   * @param rule the rule as the policy has it
   * @param access what it grants
   * @param asked what was to be done
   */
  record Rule(String rule, Access access, Operation asked) implements Reason {
    @Override
    public String text() {
      return "files.rules " + rule;
    }
  }

  /**
   * A directory was to be moved or removed, and a rule speaks of something in it.
   *
   * @param rule the rule as the policy has it
   */
  record RuleBelow(String rule) implements Reason {
    @Override
    public String text() {
      return "files.rules " + rule;
    }
  }

  /**
   * A deny glob.
   *
   * @param glob the glob as the policy has it; empty when no glob objects
   */
  record Glob(String glob) implements Reason {
    @Override
    public String text() {
      return glob.isEmpty() ? "files.denyGlobs" : "files.denyGlobs " + glob;
    }
  }

  /**
   * A protected path.
   *
   * @param path the path
   */
  record ProtectedPath(String path) implements Reason {
    @Override
    public String text() {
      return "files.protectedPaths " + path;
    }
  }

  /**
   * A protected name.
   *
   * @param name the name, as the list of names has it
   */
  record ProtectedName(String name) implements Reason {
    @Override
    public String text() {
      return "protectedNames " + name;
    }
  }

  /**
   * Nothing in the policy speaks against it.
   *
   * @param text what was looked at
   */
  record NothingAgainst(String text) implements Reason {}

  /** A descriptor was handed in for something else. */
  record HandedIn() implements Reason {
    @Override
    public String text() {
      return "process.descriptors";
    }
  }

  /** Metadata of something that is not the sandbox's own. */
  record ForeignMetadata() implements Reason {
    @Override
    public String text() {
      return "files.metadata";
    }
  }

  /** The network is open. */
  record NetworkOpen() implements Reason {
    @Override
    public String text() {
      return "network.mode full";
    }
  }

  /**
   * The network is closed.
   *
   * @param host the host or address that was asked for
   * @param port the port; 0 when it is not known
   */
  record NetworkClosed(String host, int port) implements Reason {
    @Override
    public String text() {
      return "network.mode none";
    }
  }

  /**
   * A pattern allows the host.
   *
   * @param pattern the pattern
   */
  record Listed(String pattern) implements Reason {
    @Override
    public String text() {
      return "network.allow " + pattern;
    }
  }

  /**
   * No pattern allows the host.
   *
   * @param host the host or address that was asked for
   * @param port the port; 0 when only the name was looked up
   */
  record Unlisted(String host, int port) implements Reason {
    @Override
    public String text() {
      return "network.mode allowlist";
    }
  }

  /**
   * A pattern denies the host.
   *
   * @param pattern the pattern
   */
  record DeniedHost(String pattern) implements Reason {
    @Override
    public String text() {
      return "network.deny " + pattern;
    }
  }

  /**
   * An allowed name resolves to an address that is not on the public Internet, or is this machine's
   * own, and that nothing names.
   *
   * @param address the address
   * @param port the port; 0 when only the name was looked up
   */
  record SpecialAddress(String address, int port) implements Reason {
    @Override
    public String text() {
      return "network.privateRanges";
    }
  }

  /**
   * A named port of the host's loopback.
   *
   * @param port the port
   */
  record HostLoopbackPort(int port) implements Reason {
    @Override
    public String text() {
      return "network.hostLoopbackPorts " + port;
    }
  }

  /**
   * A server on loopback that is not the sandbox's own, on a port that is not named.
   *
   * @param mode the mode of the network
   * @param port the port
   */
  record ForeignLoopback(NetworkMode mode, int port) implements Reason {
    @Override
    public String text() {
      return "network.mode " + mode.name().toLowerCase(Locale.ROOT);
    }
  }

  /** The sandbox has no loopback of its own. */
  record NoLoopback() implements Reason {
    @Override
    public String text() {
      return "network.ownLoopback false";
    }
  }

  /** Something else than TCP, where an allowlist decides. */
  record NotTcp() implements Reason {
    @Override
    public String text() {
      return "network.mode allowlist";
    }
  }

  /**
   * A unix socket outside the sandbox that is not named.
   *
   * @param path its path; empty for one without a path
   */
  record UnixSocket(String path) implements Reason {
    @Override
    public String text() {
      return "network.unixSockets";
    }
  }

  /**
   * The listener was asked.
   *
   * @param answer what it said
   */
  record Listener(Answer answer) implements Reason {
    /** An answer of a listener. */
    public enum Answer {
      /** Allowed as long as the sandbox is open. */
      ALLOWED,
      /** Allowed this time. */
      ALLOWED_ONCE,
      /** Denied as long as the sandbox is open. */
      DENIED
    }

    @Override
    public String text() {
      return answer.name().toLowerCase(Locale.ROOT).replace('_', ' ') + " by the listener";
    }
  }

  /**
   * The host is allowed, but its name leads to no address that may be connected to.
   *
   * @param host the host
   * @param problem what the look-up met
   */
  record NotFound(String host, String problem) implements Reason {
    @Override
    public String text() {
      return "look-up of " + host;
    }
  }

  /** TLS names another host, or none. */
  record ServerName() implements Reason {
    @Override
    public String text() {
      return "network.checkServerName";
    }
  }

  /** The proxy through which this machine reaches the network. */
  record Upstream() implements Reason {
    @Override
    public String text() {
      return "the proxy upstream";
    }
  }

  /**
   * The system denied an operation of which no part of a policy speaks.
   *
   * @param operation what the system calls it
   */
  record BySystem(String operation) implements Reason {
    @Override
    public String text() {
      return operation;
    }
  }
}
