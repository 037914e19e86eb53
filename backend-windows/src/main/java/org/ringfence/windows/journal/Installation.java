package org.ringfence.windows.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.ringfence.windows.journal.entry.GrantRecord;
import org.ringfence.windows.journal.json.GrantRecordJson;

/**
 * The lasting state of this user on this machine: the secret from which SIDs are made, and the
 * journal of changes. A record is on the disk before the change is made, and is removed when the
 * change has been undone. Many processes use it at a time.
 */
public final class Installation {
  private static final int SECRET_BYTES = 32;
  private static final String SUFFIX = ".json";

  private final Path directory;

  /**
   * Uses a directory.
   *
   * @param directory the directory; made at the first write
   */
  public Installation(Path directory) {
    this.directory = directory;
  }

  /**
   * Returns the usual installation.
   *
   * @param environment the process's environment
   * @return the installation of this user; empty when the environment does not name it
   */
  public static java.util.Optional<Installation> ofUser(Map<String, String> environment) {
    String local = environment.get("LOCALAPPDATA");
    return local == null || local.isEmpty()
        ? java.util.Optional.empty()
        : java.util.Optional.of(new Installation(Path.of(local, "ringfence")));
  }

  /**
   * Returns the directory.
   *
   * @return the directory
   */
  public Path directory() {
    return directory;
  }

  /**
   * Returns the secret, made at the first call.
   *
   * @return 32 random bytes, always the same
   * @throws IOException if it cannot be read or made
   */
  public byte[] secret() throws IOException {
    Path file = directory.resolve("secret");
    try {
      return secretIn(file);
    } catch (NoSuchFileException e) {
      Files.createDirectories(directory);
      byte[] made = new byte[SECRET_BYTES];
      new SecureRandom().nextBytes(made);
      Path draft = directory.resolve("secret-" + UUID.randomUUID());
      write(draft, made);
      try {
        // Not a replacing move: if another process was faster, its secret counts.
        Files.createLink(file, draft);
      } catch (FileAlreadyExistsException faster) {
        return secretIn(file);
      } finally {
        Files.delete(draft);
      }
      return made;
    }
  }

  private static byte[] secretIn(Path file) throws IOException {
    byte[] secret = Files.readAllBytes(file);
    if (secret.length != SECRET_BYTES) {
      throw new IOException(
          file
              + " has "
              + secret.length
              + " bytes, not "
              + SECRET_BYTES
              + "; run: ringfence windows teardown");
    }
    return secret;
  }

  private static void write(Path file, byte[] bytes) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      channel.force(true);
    }
  }

  private Path records() {
    return directory.resolve("journal");
  }

  /**
   * Records a grant, replacing an earlier form of the same record.
   *
   * @param record the record; on the disk when this returns
   * @throws IOException if it cannot be written; then nothing may be changed
   */
  public void put(GrantRecord record) throws IOException {
    Files.createDirectories(records());
    Path draft = records().resolve(record.id() + ".draft");
    Files.deleteIfExists(draft);
    write(draft, GrantRecordJson.write(record).getBytes(StandardCharsets.UTF_8));
    Path file = records().resolve(record.id() + SUFFIX);
    try {
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(draft, file, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /**
   * Removes a record.
   *
   * @param record the record; its change is undone
   * @throws IOException if it cannot be removed
   */
  public void remove(GrantRecord record) throws IOException {
    Files.deleteIfExists(records().resolve(record.id() + SUFFIX));
  }

  /**
   * Returns all records, sorted by name.
   *
   * @return the records
   * @throws IOException if one cannot be read, with its path: it is not skipped
   */
  public List<GrantRecord> all() throws IOException {
    Map<String, GrantRecord> found = new TreeMap<>();
    if (!Files.isDirectory(records())) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(records())) {
      for (Path file : (Iterable<Path>) files::iterator) {
        if (!file.toString().endsWith(SUFFIX)) {
          continue;
        }
        try {
          GrantRecord record = GrantRecordJson.read(Files.readString(file));
          found.put(record.id(), record);
        } catch (NoSuchFileException e) {
          // Another process has removed it in the meantime.
          continue;
        } catch (IllegalArgumentException e) {
          throw new IOException(file + ": " + e.getMessage(), e);
        }
      }
    }
    return new ArrayList<>(found.values());
  }

  private Path containers() {
    return directory.resolve("containers");
  }

  /**
   * Records a container.
   *
   * @param record the container, which is made after this returns
   * @throws IOException if it cannot be written
   */
  public void put(ContainerRecord record) throws IOException {
    Files.createDirectories(containers());
    String text = record.pid() + " " + record.processCreated();
    write(containers().resolve(record.name()), text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Removes a container's record.
   *
   * @param record the container; its profile is removed
   * @throws IOException if it cannot be removed
   */
  public void remove(ContainerRecord record) throws IOException {
    Files.deleteIfExists(containers().resolve(record.name()));
  }

  /**
   * Returns all recorded containers.
   *
   * @return the records
   * @throws IOException if one cannot be read
   */
  public List<ContainerRecord> containerRecords() throws IOException {
    List<ContainerRecord> found = new ArrayList<>();
    if (!Files.isDirectory(containers())) {
      return found;
    }
    try (Stream<Path> files = Files.list(containers())) {
      for (Path file : (Iterable<Path>) files::iterator) {
        String[] words = Files.readString(file).split(" ");
        // An empty one was being written when its process ended: no process has such a number.
        boolean whole = words.length == 2;
        found.add(
            new ContainerRecord(
                file.getFileName().toString(),
                whole ? Integer.parseInt(words[0]) : 0,
                whole ? Long.parseLong(words[1]) : 0));
      }
    }
    return found;
  }

  private Path choices() {
    return directory.resolve("choices");
  }

  /**
   * Keeps the findings about a mode for later processes.
   *
   * @param mode the mode
   * @param lines the findings
   * @throws IOException if they cannot be written
   */
  public void remember(String mode, List<String> lines) throws IOException {
    Files.createDirectories(choices());
    Path draft = choices().resolve(mode + "-" + UUID.randomUUID());
    try {
      write(draft, String.join("\n", lines).getBytes(StandardCharsets.UTF_8));
      Files.move(draft, choices().resolve(mode), StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(draft);
    }
  }

  /**
   * Returns the findings about a mode.
   *
   * @param mode the mode
   * @return the findings; empty if there are none, or they cannot be read
   */
  public List<String> remembered(String mode) {
    try {
      return Files.readAllLines(choices().resolve(mode));
    } catch (IOException e) {
      return List.of();
    }
  }

  /**
   * Removes everything, when no change remains to be undone.
   *
   * @throws IOException if a file cannot be removed
   * @throws IllegalStateException if there are records
   */
  public void forget() throws IOException {
    if (!all().isEmpty() || !containerRecords().isEmpty()) {
      throw new IllegalStateException("the journal is not empty");
    }
    if (!Files.isDirectory(directory)) {
      return;
    }
    try (Stream<Path> tree = Files.walk(directory)) {
      for (Path path : tree.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
