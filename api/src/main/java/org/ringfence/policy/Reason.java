package org.ringfence.policy;

import java.util.Locale;
import org.ringfence.event.Remedy;

/**
 * The reason of a decision. Each kind has the parts for the rule's text ({@link #text()}) and for a
 * {@link Remedy}.
 */
public sealed interface Reason {
  /**
   * Returns the rule in the words of the policy.
   *
   * @return such as {@code files.rules /data: read}; never empty
   */
  String text();

  /**
   * No file rule matches: the default applies.
   *
   * @param value the default
   * @param asked the attempted operation
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
   * @param access the granted access
   * @param asked the attempted operation
   */
  record Rule(String rule, Access access, Operation asked) implements Reason {
    @Override
    public String text() {
      return "files.rules " + rule;
    }
  }

  /**
   * A command tried to move or remove a directory, and a rule names something in it.
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
   * @param glob the glob as the policy has it; empty when no glob denies it
   */
  record Glob(String glob) implements Reason {
    @Override
    public String text() {
      return glob.isEmpty() ? "files.denyGlobs" : "files.denyGlobs " + glob;
    }
  }

  /**
   * A name of the form that Windows gives a file besides its own, on a drive where it may lead to a
   * file that the policy denies.
   *
   * @param name the name
   */
  record ShortName(String name) implements Reason {
    @Override
    public String text() {
      return "short name " + name;
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
   * A protected name that a command has made, found at its end: at the level {@code existing}
   * nothing denied it.
   *
   * @param name the name, as the list of names has it
   * @param outcome what became of it, in a clause
   */
  record FoundName(String name, String outcome) implements Reason {
    @Override
    public String text() {
      return "protectedNames " + name + ": " + outcome;
    }
  }

  /**
   * A change of a git directory's configuration or pointers that would name a program, or lead
   * elsewhere.
   *
   * @param subject the setting or the file, such as {@code git config core.fsmonitor}
   * @param problem the reason, in a clause with that subject
   */
  record GitContent(String subject, String problem) implements Reason {
    @Override
    public String text() {
      return subject + " " + problem;
    }
  }

  /**
   * Nothing in the policy denies it.
   *
   * @param text the part that was checked
   */
  record NothingAgainst(String text) implements Reason {}

  /** The descriptor was passed for another purpose. */
  record HandedIn() implements Reason {
    @Override
    public String text() {
      return "process.descriptors";
    }
  }

  /** The metadata belongs to an object outside the sandbox. */
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
   * @param host the requested host or address
   * @param port the port; 0 when it is unknown
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
   * @param host the requested host or address
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
   * An allowed name resolves to an unnamed address outside the public Internet, or of this machine.
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
   * The loopback server is outside the sandbox, on an unnamed port.
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

  /** The sandbox has no own loopback. */
  record NoLoopback() implements Reason {
    @Override
    public String text() {
      return "network.ownLoopback false";
    }
  }

  /** The protocol is not TCP, where an allowlist decides. */
  record NotTcp() implements Reason {
    @Override
    public String text() {
      return "network.mode allowlist";
    }
  }

  /**
   * The policy does not name the unix socket outside the sandbox.
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
   * The listener decided.
   *
   * @param answer the answer
   */
  record Listener(Answer answer) implements Reason {
    /** An answer of a listener. */
    public enum Answer {
      /** Allowed while the sandbox is open. */
      ALLOWED,
      /** Allowed this time. */
      ALLOWED_ONCE,
      /** Denied while the sandbox is open. */
      DENIED
    }

    @Override
    public String text() {
      return answer.name().toLowerCase(Locale.ROOT).replace('_', ' ') + " by the listener";
    }
  }

  /**
   * The host is allowed, but its name has no permitted address.
   *
   * @param host the host
   * @param problem the problem of the look-up
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
   * The system denied an operation that no part of a policy covers.
   *
   * @param operation the system's name for it
   */
  record BySystem(String operation) implements Reason {
    @Override
    public String text() {
      return operation;
    }
  }
}
