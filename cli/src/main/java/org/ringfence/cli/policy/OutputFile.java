package org.ringfence.cli.policy;

import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.ringfence.file.NamedFile;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathStyle;

/**
 * An output file that the user names. Commands of this run or of an earlier one may have planted
 * links on its path; Ringfence opens it through descriptors and follows no link.
 */
public final class OutputFile {
  private static final Set<OpenOption> APPEND =
      Set.of(StandardOpenOption.CREATE, StandardOpenOption.APPEND, LinkOption.NOFOLLOW_LINKS);
  private static final Set<OpenOption> NEW =
      Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);

  private final Path file;
  private final Predicate<Path> exposed;

  /**
   * Names a file.
   *
   * @param file the file
   * @param policies the policies of the commands that may have put something there
   */
  public OutputFile(Path file, EffectivePolicy... policies) {
    this.file = file;
    this.exposed =
        Stream.of(policies).map(NamedFile::writableBy).reduce(path -> false, Predicate::or);
  }

  /**
   * Opens the file for appending. Text up to a flush stays together, also when another process
   * appends to the file.
   */
  public Writer appending() throws IOException {
    if (PathStyle.current() == PathStyle.WINDOWS) {
      return new WholeLines(Files.newByteChannel(file, APPEND));
    }
    NamedFile named = NamedFile.of(file, exposed);
    try (SecureDirectoryStream<Path> directory = named.directory()) {
      return new WholeLines(directory.newByteChannel(named.name(), APPEND));
    }
  }

  /** Opens a replacement; committing it replaces the file atomically. */
  public Replacement replacing() throws IOException {
    return PathStyle.current() == PathStyle.WINDOWS
        ? new Replacement(null, null, file, Files.newBufferedWriter(file))
        : Replacement.beside(NamedFile.of(file, exposed));
  }

  private static Writer writer(SeekableByteChannel channel) {
    return new OutputStreamWriter(Channels.newOutputStream(channel), StandardCharsets.UTF_8);
  }

  /** A new file beside the named one. Closing it without a commit removes it. */
  public static final class Replacement implements AutoCloseable {
    private final SecureDirectoryStream<Path> directory;
    private final Path part;
    private final Path name;
    private final Writer writer;
    private boolean committed;

    private Replacement(
        SecureDirectoryStream<Path> directory, Path part, Path name, Writer writer) {
      this.directory = directory;
      this.part = part;
      this.name = name;
      this.writer = writer;
    }

    private static Replacement beside(NamedFile named) throws IOException {
      SecureDirectoryStream<Path> directory = named.directory();
      boolean done = false;
      try {
        Path part = Path.of(".ringfence-" + UUID.randomUUID());
        SeekableByteChannel channel = directory.newByteChannel(part, NEW);
        keepMode(directory, named.name(), part);
        Replacement made =
            new Replacement(directory, part, named.name(), OutputFile.writer(channel));
        done = true;
        return made;
      } finally {
        if (!done) {
          directory.close();
        }
      }
    }

    private static void keepMode(SecureDirectoryStream<Path> directory, Path from, Path to)
        throws IOException {
      try {
        view(directory, to).setPermissions(view(directory, from).readAttributes().permissions());
      } catch (NoSuchFileException e) {
        // A new file gets the usual mode.
        return;
      }
    }

    private static PosixFileAttributeView view(SecureDirectoryStream<Path> directory, Path name) {
      return directory.getFileAttributeView(
          name, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
    }

    public Writer writer() {
      return writer;
    }

    /** Renames the new file over the named one. */
    public void commit() throws IOException {
      writer.close();
      if (directory != null) {
        directory.move(part, directory, name);
      }
      committed = true;
    }

    @Override
    public void close() throws IOException {
      writer.close();
      if (directory != null) {
        try (directory) {
          if (!committed) {
            directory.deleteFile(part);
          }
        }
      }
    }
  }
}
