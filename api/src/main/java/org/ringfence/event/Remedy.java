package org.ringfence.event;

import java.util.Objects;
import org.ringfence.policy.Access;

/**
 * The remedy for a denial: an addition to the policy, or the statement that there is none.
 * Immutable.
 */
public sealed interface Remedy {
  /**
   * An addition to the policy. {@link org.ringfence.policy.json.Additions} converts it to JSON or
   * command-line options, and adds it to a policy.
   */
  sealed interface Addition extends Remedy {}

  /**
   * A file rule.
   *
   * @param path an absolute path that exists
   * @param access the granted access
   */
  record GrantPath(String path, Access access) implements Addition {}

  /**
   * A path that is written although its name is protected.
   *
   * @param path the absolute path
   */
  record AllowName(String path) implements Addition {}

  /** The system's directory for temporary files instead of a private one. */
  record ShareTmp() implements Addition {}

  /**
   * A preset beside those that the policy extends.
   *
   * @param name its name
   */
  record AddPreset(String name) implements Addition {}

  /**
   * An allowed host. A closed network becomes an allowlist.
   *
   * @param pattern host and port, such as {@code repo.example.org:443}
   */
  record AllowHost(String pattern) implements Addition {}

  /** An allowlist instead of a closed network, so that denials show the requested names. */
  record DecideOnHosts() implements Addition {}

  /**
   * Addresses outside the public Internet that allowed names may resolve to.
   *
   * @param range the range, such as {@code 10.1.2.3/32}
   */
  record AllowRange(String range) implements Addition {}

  /** The sandbox's own loopback. */
  record OwnLoopback() implements Addition {}

  /**
   * A port of the host's loopback.
   *
   * @param port the port
   */
  record HostLoopbackPort(int port) implements Addition {}

  /**
   * A unix socket outside the sandbox.
   *
   * @param path its absolute path
   */
  record UnixSocket(String path) implements Addition {}

  /**
   * No addition allows it, or none is needed.
   *
   * @param why the reason, in a clause
   * @param weight how much the denial matters
   */
  record None(String why, Weight weight) implements Remedy {
    /** Checks that a reason is given. */
    public None {
      Objects.requireNonNull(why, "why");
      Objects.requireNonNull(weight, "weight");
    }

    /**
     * Creates an instance for an operation that the program may need.
     *
     * @param why the reason, in a clause
     */
    public None(String why) {
      this(why, Weight.FULL);
    }
  }

  /** How much a denial without a remedy matters to the command. */
  enum Weight {
    /** The sandbox denies an operation that the program may need. */
    FULL,
    /** The program tries the operation at each start and does without. */
    OPTIONAL,
    /** The system denies the operation to this user outside the sandbox, too. */
    EITHER_WAY
  }
}
