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

/** What the stand-in of {@code wsl.exe} has its doors to Windows lead to. */
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
    // Nobody accepts: a connection that waits is one.
    server.bind(UnixDomainSocketAddress.of(socket), 1000);
    open(socket);
  }

  /** For every user, as WSL has it. */
  private static void open(Path path) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxrwxrwx"));
  }

  /** Has another directory in the place of the drive's. */
  void drive(Path other) throws IOException {
    Fixture.deleteTree(directory.resolve("c"));
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
    Fixture.deleteTree(directory);
  }
}
