package org.ringfence.conformance;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.ringfence.conformance.stage.PosixFixture;

/** The targets of the doors to Windows in the fake {@code wsl.exe}. */
final class WslDoors implements AutoCloseable {
  private final Path directory;
  private final List<ServerSocketChannel> servers = new ArrayList<>();

  private WslDoors(Path directory) {
    this.directory = directory;
  }

  static WslDoors create() throws IOException {
    WslDoors doors = new WslDoors(Files.createTempDirectory(Path.of("/var/tmp"), "ringfence-d-"));
    Path programs = Files.createDirectories(doors.directory.resolve("c/Windows/System32"));
    Files.writeString(doors.directory.resolve("c/notes.txt"), "of Windows");
    Files.setPosixFilePermissions(
        Files.writeString(programs.resolve("cmd.exe"), "#!/bin/sh\nshift\nexec \"$@\"\n"),
        PosixFilePermissions.fromString("rwxr-xr-x"));
    open(doors.directory.resolve("c"));
    Files.writeString(doors.directory.resolve("init"), "starts programs of Windows");
    doors.listen("WSL/8_interop");
    doors.listen("wslg/runtime-dir/wayland-0");
    doors.listen("docker.sock");
    return doors;
  }

  private void listen(String name) throws IOException {
    Path socket = directory.resolve(name);
    Files.createDirectories(socket.getParent());
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    servers.add(server);
    // The server never accepts: a pending connection counts as a connection.
    server.bind(UnixDomainSocketAddress.of(socket), 1000);
    open(socket);
  }

  /** Opens a path to every user, as WSL does. */
  private static void open(Path path) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxrwxrwx"));
  }

  /** Replaces the directory of the drive. */
  void drive(Path other) throws IOException {
    PosixFixture.deleteTree(directory.resolve("c"));
    Files.createSymbolicLink(directory.resolve("c"), other);
  }

  Path directory() {
    return directory;
  }

  @Override
  public void close() throws IOException {
    for (ServerSocketChannel server : servers) {
      server.close();
    }
    PosixFixture.deleteTree(directory);
  }
}
