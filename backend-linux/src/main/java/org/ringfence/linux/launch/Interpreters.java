package org.ringfence.linux.launch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import org.ringfence.policy.Operation;
import org.ringfence.policy.effective.EffectivePolicy;

/**
 * Checks the files that {@code execve(2)} needs beside a program: the interpreter of a script, of
 * that one again, and the loader of a binary. bubblewrap only prints that it failed; this check
 * finds the cause before.
 */
final class Interpreters {
  /** BINPRM_BUF_SIZE of linux/binfmts.h. */
  private static final int LINE = 256;

  /** exec_binprm of fs/exec.c gives up after this many programs. */
  private static final int MOST = 6;

  private static final int HEADERS = 4096;
  private static final int PT_INTERP = 3;
  private static final int MOST_NAME = 4096;

  private final EffectivePolicy policy;
  private final Path directory;

  /**
   * Prepares checks from a directory.
   *
   * @param policy decides which files are readable
   * @param directory where the command begins
   */
  Interpreters(EffectivePolicy policy, Path directory) {
    this.policy = policy;
    this.directory = directory;
  }

  /**
   * Finds a problem of a program's interpreters.
   *
   * @param executable the program
   * @return why the kernel cannot execute it; empty when no problem is found
   */
  Optional<String> problem(Path executable) {
    Path program = executable;
    for (int count = 0; count < MOST; count++) {
      Optional<String> next;
      try {
        next = interpreter(program);
      } catch (IOException e) {
        // A program may be executable without being readable.
        return Optional.empty();
      }
      if (next.isEmpty()) {
        return Optional.empty();
      }
      try {
        program = directory.resolve(next.get());
      } catch (InvalidPathException e) {
        return Optional.empty();
      }
      if (!Files.exists(program)) {
        return Optional.of("its interpreter " + program + " does not exist");
      }
      if (Files.isDirectory(program) || !Files.isExecutable(program)) {
        return Optional.of("its interpreter " + program + " is not executable");
      }
      if (!policy.check(program.toString(), Operation.READ).allowed()) {
        return Optional.of("the policy denies its interpreter " + program);
      }
    }
    return Optional.of("its interpreters go round");
  }

  private static Optional<String> interpreter(Path program) throws IOException {
    try (SeekableByteChannel channel = Files.newByteChannel(program)) {
      ByteBuffer head = read(channel, 0, HEADERS);
      if (head.remaining() > 2 && head.get(0) == '#' && head.get(1) == '!') {
        return ofScript(head);
      }
      if (head.remaining() >= 64 && head.getInt(0) == 0x7f454c46) {
        return ofBinary(channel, head);
      }
      return Optional.empty();
    }
  }

  private static ByteBuffer read(SeekableByteChannel channel, long at, int count)
      throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(count);
    channel.position(at);
    while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
      continue;
    }
    return bytes.flip();
  }

  /** Reads the line as fs/binfmt_script.c does. */
  private static Optional<String> ofScript(ByteBuffer head) {
    byte[] bytes = new byte[Math.min(LINE, head.remaining())];
    head.get(0, bytes);
    String text = new String(bytes, StandardCharsets.UTF_8).substring(2);
    String line = text.split("[\n\0]", 2)[0].replaceFirst("^[ \t]+", "");
    String name = line.split("[ \t]", 2)[0];
    return name.isEmpty() ? Optional.empty() : Optional.of(name);
  }

  /** Reads PT_INTERP of elf(5). */
  private static Optional<String> ofBinary(SeekableByteChannel channel, ByteBuffer head)
      throws IOException {
    boolean wide = head.get(4) == 2;
    head.order(head.get(5) == 1 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    long table = wide ? head.getLong(32) : head.getInt(28);
    int size = head.getShort(wide ? 54 : 42);
    int count = head.getShort(wide ? 56 : 44);
    for (int i = 0; i < count; i++) {
      long at = table + (long) i * size;
      if (at < 0 || at + size > head.limit()) {
        return Optional.empty();
      }
      if (head.getInt((int) at) == PT_INTERP) {
        long offset = wide ? head.getLong((int) at + 8) : head.getInt((int) at + 4);
        long length = wide ? head.getLong((int) at + 32) : head.getInt((int) at + 16);
        if (offset < 0 || length <= 1 || length > MOST_NAME) {
          return Optional.empty();
        }
        ByteBuffer name = read(channel, offset, (int) length);
        String text = StandardCharsets.UTF_8.decode(name).toString();
        return Optional.of(text.split("\0", 2)[0]);
      }
    }
    return Optional.empty();
  }
}
