package org.ringfence.git;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * Judges an index (gitformat-index(5)). Git checks the names that it adds to an index, not those
 * that it reads from one: a checkout writes them all, also {@code .git/hooks/pre-commit}. Pure.
 */
public final class GitIndex {
  /** The length of an object's SHA-1 name, in bytes. */
  public static final int SHA1 = 20;

  /** The length of an object's SHA-256 name, in bytes. */
  public static final int SHA256 = 32;

  private static final String FORMAT = "extensions.objectformat";
  private static final String FORM = "is not as git writes it";
  private static final int STAT = 40;
  private static final int MODE_AT = 24;
  private static final int TYPE = 0xf000;
  private static final int DIRECTORY = 0x4000;
  private static final int EXTENDED = 0x4000;
  private static final int LENGTH = 0xfff;
  // linux/limits.h, PATH_MAX: no longer name can be checked out.
  private static final int LONGEST = 4096;
  private static final int MOST = 1 << 24;
  private static final int LARGEST_TABLE = 1 << 20;

  /** Characters that HFS+ ignores in names (utf8.c, next_hfs_char). */
  private static final Pattern IGNORED =
      Pattern.compile("[\\u200c-\\u200f\\u202a-\\u202e\\u206a-\\u206f\\ufeff]");

  /** The end of a name that NTFS ignores (path.c, is_ntfs_dotgit). */
  private static final Pattern IGNORED_END = Pattern.compile("(?::.*|[. ]+)$", Pattern.DOTALL);

  private final InputStream in;
  private final Consumer<String> names;
  private final int hash;
  private final long size;
  private final byte[] tail;
  private long at;

  private GitIndex(InputStream in, int hash, long size, Consumer<String> names) {
    this.in = in;
    this.names = names;
    this.hash = hash;
    this.size = size;
    // The signature, the length and the content of the extension that git looks for at the end.
    this.tail = new byte[12 + hash];
  }

  private static final class FormException extends IOException {
    private static final long serialVersionUID = 1L;
  }

  /**
   * Returns the length of the names of objects in a repository.
   *
   * @param settings the repository's configuration
   * @return the length in bytes
   */
  public static int hashLength(List<GitSetting> settings) {
    int hash = SHA1;
    for (GitSetting setting : settings) {
      if (setting.name().equals(FORMAT)) {
        hash = setting.value().orElse("").equals("sha256") ? SHA256 : SHA1;
      }
    }
    return hash;
  }

  /**
   * Judges an index.
   *
   * @param in the content; this reads all of it
   * @param size its size in bytes
   * @param hash the length of the names of the repository's objects
   * @return the fault, in a clause whose subject is the index; empty if it has none
   * @throws IOException if the content cannot be read
   */
  public static Optional<String> problem(InputStream in, long size, int hash) throws IOException {
    return read(in, size, hash, name -> {});
  }

  /**
   * Reads an index.
   *
   * @param in the content; this reads all of it
   * @param size its size in bytes
   * @param hash the length of the names of the repository's objects
   * @param names receives each path, with slashes; those of an index with a fault, up to it; of a
   *     split index, those outside the shared part
   * @return the fault, in a clause whose subject is the index; empty if it has none
   * @throws IOException if the content cannot be read
   */
  public static Optional<String> read(InputStream in, long size, int hash, Consumer<String> names)
      throws IOException {
    try {
      return new GitIndex(in, hash, size, names).problem();
    } catch (FormException | EOFException e) {
      return Optional.of(FORM);
    }
  }

  private Optional<String> problem() throws IOException {
    if (!Arrays.equals(bytes(4), "DIRC".getBytes(StandardCharsets.US_ASCII))) {
      return Optional.of(FORM);
    }
    long version = number();
    long count = number();
    demand(version >= 2 && version <= 4 && count <= MOST && count * (STAT + hash) <= size);
    long[] starts = new long[(int) count];
    boolean[] whole = new boolean[(int) count];
    byte[] name = new byte[0];
    boolean unnamed = false;
    for (int i = 0; i < count; i++) {
      starts[i] = at;
      byte[] head = bytes(STAT + hash + 2);
      int flags = ByteBuffer.wrap(head).getShort(STAT + hash) & 0xffff;
      int mode = ByteBuffer.wrap(head).getInt(MODE_AT);
      if ((flags & EXTENDED) != 0) {
        demand(version > 2);
        bytes(2);
      }
      int kept = 0;
      if (version == 4) {
        kept = name.length - varint();
        demand(kept >= 0);
      }
      whole[i] = kept == 0;
      name = name(name, kept, flags & LENGTH);
      if (version < 4) {
        // At least one NUL, up to a multiple of eight bytes.
        bytes((int) (7 - (at - 1 - starts[i]) % 8));
      }
      unnamed = unnamed || name.length == 0;
      if (name.length > 0 && !isName(name, (mode & TYPE) == DIRECTORY)) {
        return Optional.of(
            "has the path "
                + new String(name, StandardCharsets.UTF_8)
                + ", which git never tracks");
      }
      names.accept(new String(name, StandardCharsets.UTF_8));
    }
    boolean linked = extensions(starts, whole);
    // An entry of a split index has no name if it replaces one of the shared part.
    demand(linked || !unnamed);
    return Optional.empty();
  }

  private static void demand(boolean fits) throws FormException {
    if (!fits) {
      throw new FormException();
    }
  }

  private byte[] bytes(int count) throws IOException {
    byte[] read = in.readNBytes(count);
    if (read.length < count) {
      throw new EOFException();
    }
    long tailAt = size - hash - tail.length;
    for (int i = (int) Math.max(0, Math.min(count, tailAt - at)); i < count; i++) {
      long place = at + i - tailAt;
      if (place >= 0 && place < tail.length) {
        tail[(int) place] = read[i];
      }
    }
    at += count;
    return read;
  }

  private long number() throws IOException {
    return ByteBuffer.wrap(bytes(4)).getInt() & 0xffffffffL;
  }

  private int octet() throws IOException {
    int read = in.read();
    if (read < 0) {
      throw new EOFException();
    }
    long place = at - (size - hash - tail.length);
    if (place >= 0 && place < tail.length) {
      tail[(int) place] = (byte) read;
    }
    at++;
    return read;
  }

  /** Reads a number as varint.c, decode_varint. */
  private int varint() throws IOException {
    int c = octet();
    int value = c & 127;
    while ((c & 128) != 0) {
      demand(value < LONGEST);
      c = octet();
      value = (value + 1 << 7) + (c & 127);
    }
    return value;
  }

  /** Reads a name to its NUL, and checks the length that the flags give. */
  private byte[] name(byte[] before, int kept, int length) throws IOException {
    ByteArrayOutputStream name = new ByteArrayOutputStream();
    name.write(before, 0, kept);
    for (int c = octet(); c != 0; c = octet()) {
      name.write(c);
      demand(name.size() <= LONGEST);
    }
    demand(name.size() == length || length == LENGTH && name.size() > LENGTH);
    return name.toByteArray();
  }

  /** Returns whether git could track a name (read-cache.c, verify_path). */
  private static boolean isName(byte[] name, boolean directory) {
    int end = directory && name.length > 0 && name[name.length - 1] == '/' ? 1 : 0;
    int start = 0;
    for (int i = 0; i <= name.length - end; i++) {
      if (i == name.length - end || name[i] == '/') {
        if (!isPart(name, start, i)) {
          return false;
        }
        start = i + 1;
      }
    }
    return true;
  }

  private static boolean isPart(byte[] name, int start, int end) {
    if (start == end) {
      return false;
    }
    int first = name[start];
    if (first != '.' && first != 'g' && first != 'G' && first >= 0) {
      return true;
    }
    String part = new String(name, start, end - start, StandardCharsets.UTF_8);
    String seen =
        IGNORED_END
            .matcher(IGNORED.matcher(part).replaceAll(""))
            .replaceAll("")
            .toLowerCase(Locale.ROOT);
    return !part.equals(".") && !part.equals("..") && !seen.equals(".git") && !seen.equals("git~1");
  }

  /**
   * Reads the extensions. Two of them tell git where the entries are, so that several threads can
   * read them. Returns whether the index has a shared part.
   */
  private boolean extensions(long[] starts, boolean[] whole) throws IOException {
    long begin = at;
    boolean linked = false;
    boolean ended = false;
    while (at < size - hash) {
      String kind = new String(bytes(4), StandardCharsets.ISO_8859_1);
      long length = number();
      demand(length <= size - hash - at);
      if (kind.equals("IEOT")) {
        demand(length <= LARGEST_TABLE);
        table(ByteBuffer.wrap(bytes((int) length)), starts, whole);
      } else if (kind.equals("EOIE")) {
        demand(length == 4L + hash && number() == begin);
        bytes(hash);
        demand(at == size - hash);
        ended = true;
      } else {
        linked = linked || kind.equals("link");
        long skipped = Math.max(0, length - tail.length);
        in.skipNBytes(skipped);
        at += skipped;
        bytes((int) (length - skipped));
      }
    }
    demand(at == size - hash);
    // One that lies in the content of others would lead git to another table.
    boolean end = new String(tail, 0, 4, StandardCharsets.ISO_8859_1).equals("EOIE");
    demand(!end || ended);
    bytes(hash);
    return linked;
  }

  /** Checks a table of blocks of entries; in each, the first name is whole. */
  private static void table(ByteBuffer table, long[] starts, boolean[] whole) throws FormException {
    demand(table.remaining() >= 4 && table.remaining() % 8 == 4 && table.getInt() == 1);
    int entry = 0;
    while (table.remaining() >= 8) {
      long start = table.getInt() & 0xffffffffL;
      int count = table.getInt();
      demand(entry < starts.length && starts[entry] == start && whole[entry]);
      demand(count > 0 && count <= starts.length - entry);
      entry += count;
    }
    demand(entry == starts.length);
  }
}
