package org.ringfence.linux.stream;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.ringfence.file.LoadedArchives;
import org.ringfence.file.NamedFile;
import org.ringfence.linux.bind.Constants;
import org.ringfence.linux.bind.Descriptors;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.path.PathResolver;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.policy.effective.EffectivePolicy;

/**
 * The files that a command's streams are redirected to. This JVM opens them with the user's rights,
 * so that a link which an earlier command has planted must not lead it elsewhere.
 */
public final class RedirectedFiles {
  private static final int NEW_FILE_MODE = 0666;

  /** RESOLVE_NO_MAGICLINKS and RESOLVE_NO_SYMLINKS of linux/openat2.h. */
  private static final long NO_LINKS = 0x02 | 0x04;

  private static final int HOW_SIZE = 24;
  private static final String LAUNCHED = "ringfence.installation";

  private final Kernel kernel;
  private final Descriptors descriptors;
  private final EffectivePolicy policy;

  public RedirectedFiles(Kernel kernel, Descriptors descriptors, EffectivePolicy policy) {
    this.kernel = kernel;
    this.descriptors = descriptors;
    this.policy = policy;
  }

  /**
   * Opens a file.
   *
   * @param file the file
   * @param flags the flags of {@code open(2)}
   * @return the descriptor
   * @throws IOException if it cannot be opened, or only over a link that a command may have planted
   */
  public int open(Path file, int flags) throws IOException {
    NamedFile named = NamedFile.followed(file, NamedFile.writableBy(policy));
    if (!named.exposed()) {
      return descriptors.open(file.toString(), flags, NEW_FILE_MODE);
    }
    String path = named.path().toString();
    try (NativeBlock block = new NativeBlock(3L * path.length() + HOW_SIZE + 64)) {
      long how = block.allocate(HOW_SIZE);
      // Not blocking: by now a FIFO may be there, whose other end no process opens.
      block.setLong(how, flags | Constants.O_CLOEXEC | Constants.O_NONBLOCK);
      block.setLong(how + 8, (flags & Constants.O_CREAT) == 0 ? 0 : NEW_FILE_MODE);
      block.setLong(how + 16, NO_LINKS);
      long fd = kernel.call(Syscall.OPENAT2, Constants.AT_FDCWD, block.string(path), how, HOW_SIZE);
      if (fd == -Errno.ENOSYS.value()) {
        throw new IOException(path + ": without following links it opens on Linux 5.6 or newer");
      }
      return descriptors.lifted((int) Descriptors.check(path, fd));
    }
  }

  /**
   * Returns whether a standard stream was closed when this JVM started. Then the number is free, or
   * belongs to one of the first files that the JVM opened: its modules and its jars.
   *
   * @param number the stream's descriptor
   * @return true if it appears to have been closed
   */
  public boolean isClosed(int number) throws IOException {
    if (System.getProperty(LAUNCHED) != null) {
      // The launcher opens the null device in its place, and anything may be handed to it.
      return false;
    }
    Path file;
    try {
      file = Files.readSymbolicLink(Path.of(PathResolver.own(number)));
    } catch (NoSuchFileException e) {
      return true;
    }
    return file.startsWith(Path.of(System.getProperty("java.home")).toRealPath())
        || LoadedArchives.paths().contains(file.toString());
  }
}
