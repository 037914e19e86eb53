package org.ringfence.policy.json;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import org.ringfence.event.Remedy.AddPreset;
import org.ringfence.event.Remedy.Addition;
import org.ringfence.event.Remedy.AllowHost;
import org.ringfence.event.Remedy.AllowName;
import org.ringfence.event.Remedy.AllowRange;
import org.ringfence.event.Remedy.DecideOnHosts;
import org.ringfence.event.Remedy.GrantPath;
import org.ringfence.event.Remedy.HostLoopbackPort;
import org.ringfence.event.Remedy.OwnLoopback;
import org.ringfence.event.Remedy.ShareTmp;
import org.ringfence.event.Remedy.UnixSocket;
import org.ringfence.policy.Access;
import org.ringfence.policy.SandboxPolicy;

/** The forms of an addition to a policy: JSON, options, a larger policy. Thread-safe. */
public final class Additions {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private Additions() {}

  /**
   * Converts an addition to a policy with nothing else.
   *
   * @param addition the addition
   * @return one line of JSON, such as {@code {"tmp":"shared"}}
   */
  public static String json(Addition addition) {
    ObjectNode root = MAPPER.createObjectNode();
    if (addition instanceof GrantPath grant) {
      root.putObject("files").putObject("rules").put(grant.path(), Words.of(grant.access()));
    } else if (addition instanceof AllowName name) {
      root.putObject("files").putArray("allowedNames").add(name.path());
    } else if (addition instanceof ShareTmp) {
      root.put("tmp", "shared");
    } else if (addition instanceof AddPreset preset) {
      root.putArray("extends").add(preset.name());
    } else if (addition instanceof AllowHost host) {
      ObjectNode network = root.putObject("network");
      network.put("mode", "allowlist");
      network.putArray("allow").add(host.pattern());
    } else if (addition instanceof DecideOnHosts) {
      root.putObject("network").put("mode", "allowlist");
    } else if (addition instanceof AllowRange range) {
      root.putObject("network").putArray("privateRanges").add(range.range());
    } else if (addition instanceof OwnLoopback) {
      root.putObject("network").put("ownLoopback", true);
    } else if (addition instanceof HostLoopbackPort port) {
      root.putObject("network").putArray("hostLoopbackPorts").add(port.port());
    } else if (addition instanceof UnixSocket socket) {
      root.putObject("network").putArray("unixSockets").add(socket.path());
    } else {
      throw new IllegalArgumentException("no form of " + addition);
    }
    return root.toString();
  }

  /**
   * Converts an addition to options of the command line.
   *
   * @param addition the addition
   * @return the words, not quoted for a shell, such as {@code --write} and a path
   */
  public static List<String> options(Addition addition) {
    if (addition instanceof GrantPath grant && grant.access() != Access.NONE) {
      return List.of("--" + grant.access().name().toLowerCase(Locale.ROOT), grant.path());
    }
    if (addition instanceof AddPreset preset) {
      return List.of("-p", preset.name());
    }
    if (addition instanceof AllowName name) {
      return List.of("--allow-name", name.path());
    }
    if (addition instanceof AllowHost host) {
      return List.of("--allow-host", host.pattern());
    }
    if (addition instanceof DecideOnHosts) {
      return List.of("--network", "allowlist");
    }
    return List.of("-p", json(addition));
  }

  /**
   * Adds an addition to a policy. It overrides the policy's rule for the same path.
   *
   * @param policy the policy
   * @param addition the addition
   * @return the larger policy
   * @throws org.ringfence.policy.value.InvalidPolicyException if they contradict each other
   */
  public static SandboxPolicy added(SandboxPolicy policy, Addition addition) {
    return PolicyReader.added(policy, "addition", json(addition));
  }
}
