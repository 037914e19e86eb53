package org.ringfence.wsl2.discovery;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.ringfence.wsl2.plan.GuestFacts;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The facts of distributions, kept for later processes: under the identity of the distribution and
 * of {@code wsl.exe}, for a day. Ringfence keeps only complete facts, so that it asks again at once
 * after a missing part is installed. It asks again for facts that it cannot keep.
 */
final class KnownDistributions {
  private static final Logger LOG = LoggerFactory.getLogger(KnownDistributions.class);
  private static final Duration LONGEST = Duration.ofDays(1);
  private static final String IDENTITY = ".identity";
  private static final String TIME = ".time";

  private final Optional<Path> directory;

  /**
   * Keeps facts in a directory.
   *
   * @param directory the directory, made when needed; empty to keep nothing
   */
  KnownDistributions(Optional<Path> directory) {
    this.directory = directory;
  }

  /** Keeps facts in the user's directory for the data of programs on this machine. */
  static KnownDistributions ofSystem(Map<String, String> environment) {
    return new KnownDistributions(
        Optional.ofNullable(environment.get("LOCALAPPDATA"))
            .filter(local -> !local.isBlank())
            .map(local -> Path.of(local, "ringfence", "wsl")));
  }

  private static Path file(Path directory, String identity) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(identity.getBytes(StandardCharsets.UTF_8));
      return directory.resolve(HexFormat.of().formatHex(digest, 0, 16) + ".properties");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Returns the facts of a distribution; empty when it must be asked. */
  Optional<GuestFacts> of(String identity) {
    if (directory.isEmpty()) {
      return Optional.empty();
    }
    Properties kept = new Properties();
    try (InputStream in = Files.newInputStream(file(directory.get(), identity))) {
      kept.load(in);
      Instant time = Instant.ofEpochMilli(Long.parseLong(kept.getProperty(TIME, "0")));
      boolean young = Duration.between(time, Instant.now()).abs().compareTo(LONGEST) < 0;
      if (!young || !identity.equals(kept.getProperty(IDENTITY))) {
        return Optional.empty();
      }
    } catch (IOException | IllegalArgumentException e) {
      LOG.debug("nothing is known of the distribution", e);
      return Optional.empty();
    }
    Map<String, String> told = new HashMap<>();
    kept.stringPropertyNames().stream()
        .filter(name -> !name.startsWith("."))
        .forEach(name -> told.put(name, kept.getProperty(name)));
    GuestFacts facts = new GuestFacts(told);
    return facts.complete() ? Optional.of(facts) : Optional.empty();
  }

  /** Keeps the facts of a distribution. */
  void keep(String identity, GuestFacts facts) {
    if (directory.isEmpty()) {
      return;
    }
    Properties kept = new Properties();
    kept.putAll(facts.told());
    kept.setProperty(IDENTITY, identity);
    kept.setProperty(TIME, Long.toString(System.currentTimeMillis()));
    try {
      Files.createDirectories(directory.get());
      Path made = Files.createTempFile(directory.get(), "new", ".tmp");
      try {
        try (OutputStream out = Files.newOutputStream(made)) {
          kept.store(out, null);
        }
        Files.move(made, file(directory.get(), identity), StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(made);
      }
    } catch (IOException e) {
      LOG.debug("the report of the distribution cannot be kept", e);
    }
  }

  /** Drops facts that are no longer true. */
  void forget(String identity) {
    if (directory.isPresent()) {
      try {
        Files.deleteIfExists(file(directory.get(), identity));
      } catch (IOException e) {
        LOG.debug("the report of the distribution cannot be forgotten", e);
      }
    }
  }
}
