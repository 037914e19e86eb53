package org.ringfence.windows.setup;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.ringfence.windows.setup.json.SetupJson;
import org.ringfence.windows.setup.state.ClientRecord;
import org.ringfence.windows.setup.state.SetupJournal;

/**
 * The state of all clients of this machine: their records, their unfinished changes, and the
 * runner's libraries. Administrators write it, every user reads it.
 */
public final class MachineDirectory {
  private static final String SUFFIX = ".json";

  private final Path directory;

  /**
   * Uses a directory.
   *
   * @param directory the directory; set-up makes it
   */
  public MachineDirectory(Path directory) {
    this.directory = directory;
  }

  /**
   * Returns the usual directory.
   *
   * @param environment the process's environment
   * @return the directory; empty when the environment does not name it
   */
  public static Optional<MachineDirectory> of(Map<String, String> environment) {
    String data = environment.get("ProgramData");
    return data == null || data.isEmpty()
        ? Optional.empty()
        : Optional.of(new MachineDirectory(Path.of(data, "Ringfence")));
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
   * Returns the directory of a client's runner.
   *
   * @param id the client
   * @return a directory
   */
  public Path runner(String id) {
    return directory.resolve("runner").resolve(id);
  }

  /**
   * Returns the directory that records a client's read grants.
   *
   * @param id the client
   * @return a directory
   */
  public Path grants(String id) {
    return directory.resolve("grants").resolve(id);
  }

  private Path client(String id) {
    return directory.resolve("clients").resolve(id + SUFFIX);
  }

  private Path journal(String id) {
    return directory.resolve("journal").resolve(id + SUFFIX);
  }

  /**
   * Returns all clients whose set-up is complete.
   *
   * @return the clients
   * @throws IOException if one cannot be read, with its path
   */
  public List<ClientRecord> clients() throws IOException {
    return all("clients", SetupJson::client);
  }

  /**
   * Returns all changes that have begun and not finished.
   *
   * @return their journals
   * @throws IOException if one cannot be read, with its path
   */
  public List<SetupJournal> journals() throws IOException {
    return all("journal", SetupJson::journal);
  }

  private <T> List<T> all(String kind, Function<String, T> read) throws IOException {
    List<T> found = new ArrayList<>();
    Path place = directory.resolve(kind);
    if (!Files.isDirectory(place)) {
      return found;
    }
    List<Path> files;
    try (Stream<Path> listed = Files.list(place)) {
      files = listed.filter(file -> file.toString().endsWith(SUFFIX)).sorted().toList();
    }
    for (Path file : files) {
      try {
        found.add(read.apply(Files.readString(file)));
      } catch (NoSuchFileException e) {
        // Another process has finished it in the meantime.
        continue;
      } catch (IllegalArgumentException e) {
        throw new IOException(file + ": " + e.getMessage(), e);
      }
    }
    return found;
  }

  /**
   * Returns a client.
   *
   * @param id its id
   * @return the client; empty if its set-up is not complete
   * @throws IOException if it cannot be read
   */
  public Optional<ClientRecord> find(String id) throws IOException {
    return clients().stream().filter(client -> client.accounts().id().equals(id)).findFirst();
  }

  /**
   * Returns the unfinished change of a client.
   *
   * @param id its id
   * @return the journal; empty if there is none
   * @throws IOException if it cannot be read
   */
  public Optional<SetupJournal> begun(String id) throws IOException {
    return journals().stream().filter(journal -> journal.accounts().id().equals(id)).findFirst();
  }

  /**
   * Records a client: its set-up is complete.
   *
   * @param client the client; on the disk when this returns
   * @throws IOException if it cannot be written
   */
  public void put(ClientRecord client) throws IOException {
    write(client(client.accounts().id()), SetupJson.write(client));
  }

  /**
   * Records a journal.
   *
   * @param journal the journal; on the disk when this returns
   * @throws IOException if it cannot be written; then nothing may be changed
   */
  public void put(SetupJournal journal) throws IOException {
    write(journal(journal.accounts().id()), SetupJson.write(journal));
  }

  /**
   * Removes a client's record.
   *
   * @param id its id
   * @throws IOException if it cannot be removed
   */
  public void removeClient(String id) throws IOException {
    Files.deleteIfExists(client(id));
  }

  /**
   * Removes a journal: its change is finished.
   *
   * @param id the client
   * @throws IOException if it cannot be removed
   */
  public void removeJournal(String id) throws IOException {
    Files.deleteIfExists(journal(id));
  }

  private static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Path draft = file.resolveSibling(file.getFileName() + ".draft");
    try (FileChannel channel =
        FileChannel.open(
            draft,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer buffer = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      channel.force(true);
    }
    try {
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(draft, file, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /**
   * Removes empty directories, and the whole directory when no client remains.
   *
   * @throws IOException if a file cannot be removed
   */
  public void removeWhatIsEmpty() throws IOException {
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    for (String kind : List.of("clients", "journal", "runner", "grants")) {
      removeIfEmpty(directory.resolve(kind));
    }
    removeIfEmpty(directory);
  }

  private static void removeIfEmpty(Path directory) throws IOException {
    if (Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      try (Stream<Path> drafts = Files.list(directory)) {
        for (Path draft : drafts.filter(file -> file.toString().endsWith(".draft")).toList()) {
          // A process ended while it wrote: the draft does not count.
          Files.delete(draft);
        }
      }
      try {
        Files.delete(directory);
      } catch (DirectoryNotEmptyException e) {
        // It belongs to another client.
        return;
      }
    }
  }
}
