package org.ringfence.windows.setup;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.ringfence.windows.access.UnscannedGrants;
import org.ringfence.windows.acl.AccessControlList;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.plan.ClientAccounts;
import org.ringfence.windows.system.FakeWindows;

/** A fake machine that a test sets up. */
final class SetupStage {
  static final Sid REAL_USER = FakeWindows.USER;
  static final String HOME = "C:\\Users\\me\\AppData\\Local\\ringfence";
  static final String JAVA = "C:\\Tools\\jdk";

  /** A JVM that every user can read, like those in Program Files. */
  static final String READABLE = "C:\\Program Files\\jdk";

  final FakeWindows windows;
  final Path data;
  final MachineDirectory machine;
  private final Path library;

  SetupStage(Path directory) throws IOException {
    this(directory, new FakeWindows());
  }

  private SetupStage(Path directory, FakeWindows windows) throws IOException {
    this.windows = windows;
    windows.realFiles = true;
    this.data = Files.createDirectories(directory.resolve("data"));
    this.machine = new MachineDirectory(data.resolve("Ringfence"));
    this.library = directory.resolve("jna.jar");
    try (OutputStream file = Files.newOutputStream(library);
        JarOutputStream jar = new JarOutputStream(file)) {
      jar.putNextEntry(new ZipEntry(RunnerLibraries.nativeEntry(System.getProperty("os.arch"))));
      jar.write(1);
    }
    windows.file(JAVA).descriptor =
        AccessControlList.of(new Ace(Ace.Type.ALLOW, REAL_USER, 0x1f01ff, Ace.Scope.TREE))
            .descriptor(new byte[] {1, 0, 4, (byte) 0x80});
  }

  void addReadableJvm() {
    windows.file(READABLE).descriptor =
        AccessControlList.of(new Ace(Ace.Type.ALLOW, Sid.USERS, 0x1200a9, Ace.Scope.TREE))
            .descriptor(new byte[] {1, 0, 4, (byte) 0x80});
  }

  Provisioning provisioning() {
    return new Provisioning(windows, machine, journal -> UnscannedGrants.of(windows, journal));
  }

  SetupRequest request(String home, boolean network, boolean rotate) {
    return new SetupRequest(
        REAL_USER,
        home,
        network,
        rotate,
        "first of " + home,
        "second of " + home,
        JAVA,
        List.of(library.toString()));
  }

  SetupRequest request() {
    return request(HOME, true, false);
  }

  static String id(String home) {
    return ClientAccounts.id(REAL_USER, home);
  }

  /** Returns all state that set-up may change, as text. */
  String everything() throws IOException {
    StringBuilder text = new StringBuilder(windows.administration.everything());
    text.append(windows.list(JAVA).aces()).append('\n');
    try (Stream<Path> tree = Files.walk(data)) {
      tree.map(path -> data.relativize(path).toString().replaceAll("[0-9a-f-]{36}", "GRANT"))
          .sorted()
          .forEach(path -> text.append(path).append('\n'));
    }
    // SIDs differ from run to run, and with them the order of the lines.
    return text.toString()
        .replaceAll("S-1-5-21-1-1-1-2[0-9]+", "ACCOUNT")
        .lines()
        .sorted()
        .collect(java.util.stream.Collectors.joining("\n"));
  }
}
