package org.ringfence.windows.setup;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.ringfence.windows.acl.AccessControlList;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.GenericMapping;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsSystem;

/**
 * The passwords of a client's users, encrypted for the user who set them up: neither the sandbox's
 * users nor other accounts of the machine can decrypt them.
 */
public final class Vault {
  private static final int LENGTH = 48;
  private static final byte[] PROTECTED = {1, 0, 0x04, (byte) 0x90};

  /** Every password has one of each, to satisfy any policy; none needs quoting. */
  private static final List<String> KINDS =
      List.of("ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnpqrstuvwxyz", "23456789", "!#$*+-.:=?@_");

  private final WindowsSystem windows;
  private final Path directory;

  /**
   * Both passwords.
   *
   * @param offline password of the user without a network
   * @param online password of the user with one
   */
  public record Passwords(String offline, String online) {
    /** Omits the passwords. */
    @Override
    public String toString() {
      return "Passwords";
    }
  }

  /**
   * Uses a directory of the user.
   *
   * @param windows the system
   * @param home the directory of the installation
   */
  public Vault(WindowsSystem windows, Path home) {
    this.windows = windows;
    this.directory = home.resolve("accounts");
  }

  private static byte[] entropy(String user) {
    return ("ringfence account " + user).getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Makes passwords and stores them. No account has them yet.
   *
   * @return new ones
   * @throws IOException if they cannot be written
   * @throws WindowsCallException if they cannot be encrypted
   */
  public Passwords create() throws IOException, WindowsCallException {
    Passwords made = new Passwords(random(), random());
    Files.createDirectories(directory);
    try (Handle own = windows.tokens().ofThisProcess();
        Handle file = windows.files().open(directory.toString(), true)) {
      Sid user = windows.tokens().facts(own).user();
      // Both files inherit it.
      AccessControlList list =
          AccessControlList.of(
              all(Ace.Type.ALLOW, Sid.SYSTEM),
              all(Ace.Type.ALLOW, Sid.ADMINISTRATORS),
              all(Ace.Type.ALLOW, user));
      windows.security().setDaclExactly(file, list.descriptor(PROTECTED));
    }
    write("offline", made.offline());
    write("online", made.online());
    return made;
  }

  private static Ace all(Ace.Type type, Sid sid) {
    return new Ace(type, sid, GenericMapping.FILE.all(), Ace.Scope.TREE);
  }

  private static String random() {
    SecureRandom random = new SecureRandom();
    List<Character> letters = new ArrayList<>();
    String every = String.join("", KINDS);
    for (int i = 0; i < LENGTH; i++) {
      String kind = i < KINDS.size() ? KINDS.get(i) : every;
      letters.add(kind.charAt(random.nextInt(kind.length())));
    }
    Collections.shuffle(letters, random);
    StringBuilder text = new StringBuilder();
    letters.forEach(text::append);
    return text.toString();
  }

  private void write(String user, String password) throws IOException, WindowsCallException {
    byte[] blob =
        windows
            .administration()
            .secrets()
            .protect(password.getBytes(StandardCharsets.UTF_8), entropy(user));
    Files.write(directory.resolve(user), blob);
  }

  /**
   * Decrypts the passwords.
   *
   * @return the passwords; empty when none are stored
   * @throws IOException if they cannot be read
   * @throws WindowsCallException if another account encrypted them
   */
  public Optional<Passwords> read() throws IOException, WindowsCallException {
    try {
      return Optional.of(new Passwords(read("offline"), read("online")));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  private String read(String user) throws IOException, WindowsCallException {
    byte[] blob = Files.readAllBytes(directory.resolve(user));
    return new String(
        windows.administration().secrets().unprotect(blob, entropy(user)), StandardCharsets.UTF_8);
  }

  /**
   * Removes the passwords.
   *
   * @throws IOException if they cannot be removed
   */
  public void remove() throws IOException {
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (Stream<Path> tree = Files.walk(directory)) {
      for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
