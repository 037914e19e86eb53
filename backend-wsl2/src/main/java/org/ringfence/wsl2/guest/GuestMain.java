package org.ringfence.wsl2.guest;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import org.ringfence.wsl2.channel.GuestChannel;

/** The guest's process. It ends, and all of its sandboxes with it, when its input does. */
public final class GuestMain {
  private GuestMain() {}

  /**
   * Runs until standard input ends.
   *
   * @param arguments none
   * @throws IOException if a message of the other side is malformed
   */
  public static void main(String[] arguments) throws IOException {
    FileOutputStream output = new FileOutputStream(FileDescriptor.out);
    // Code that prints must not print into a frame.
    System.setOut(System.err);
    GuestChannel.mark(output);
    try (GuestServer server =
        new GuestServer(new GuestChannel(new FileInputStream(FileDescriptor.in), output))) {
      server.serve();
    }
    System.exit(0);
  }
}
