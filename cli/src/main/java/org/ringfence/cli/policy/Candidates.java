package org.ringfence.cli.policy;

import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.ringfence.Backends;
import org.ringfence.SandboxException;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.value.ProcessGrant;

/** The option values that completion and man pages offer. */
public final class Candidates {
  private Candidates() {}

  /** Presets; completion offers files as well. */
  public static final class OfPolicies implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Presets.names().iterator();
    }
  }

  /** Network modes, as policies write them. */
  public static final class OfNetworks implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return words().iterator();
    }

    public static List<String> words() {
      return Arrays.stream(NetworkMode.values())
          .map(mode -> mode.name().toLowerCase(Locale.ROOT))
          .toList();
    }
  }

  /** The levels of protected names. */
  static final class OfLevels implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return words().iterator();
    }

    static List<String> words() {
      return Arrays.stream(ProtectedNames.values()).map(OfLevels::word).toList();
    }

    static String word(ProtectedNames level) {
      return level.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** The backends on the class path. */
  public static final class OfBackends implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      try {
        return Backends.load().all().stream().map(backend -> backend.info().id()).iterator();
      } catch (SandboxException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** The report formats of 'verify'. */
  public static final class OfFormats implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Stream.of("text", "json", "junit", "html").iterator();
    }
  }

  /** The parts of the system that '--allow' opens. */
  static final class OfGrants implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return ProcessGrant.words().iterator();
    }
  }

  /** The names of limits. */
  static final class OfLimits implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Stream.of("memory=", "processes=", "cpu=", "files=", "file-size=", "output=")
          .iterator();
    }
  }
}
