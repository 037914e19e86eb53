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
   * @throws IOException if the other side cannot be understood
   */
  public static void main(String[] arguments) throws IOException {
    FileOutputStream output = new FileOutputStream(FileDescriptor.out);
    // Whatever prints something does not print it into a frame.
    System.setOut(System.err);
    GuestChannel.mark(output);
    try (GuestServer server =
        new GuestServer(new GuestChannel(new FileInputStream(FileDescriptor.in), output))) {
      server.serve();
    }
    System.exit(0);
  }
}
