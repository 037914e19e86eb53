package org.ringfence.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Run once by the launcher: unpacks JNA's library, so that no start has to. */
public final class Preparation {
  private Preparation() {}

  /**
   * Unpacks the library.
   *
   * @param args the directory to make
   * @throws IOException if it cannot be written, or there is no library for this system
   */
  public static void main(String[] args) throws IOException {
    boolean arm = System.getProperty("os.arch").equals("aarch64");
    String system =
        System.getProperty("os.name").toLowerCase(Locale.ROOT).replaceAll("[^a-z].*", "");
    String name = "libjnidispatch.so";
    String resource = "com/sun/jna/" + system + (arm ? "-aarch64/" : "-x86-64/") + name;
    Path directory = Path.of(args[0]);
    try (InputStream in = Preparation.class.getClassLoader().getResourceAsStream(resource)) {
      if (in == null) {
        throw new IOException("there is no " + resource);
      }
      Files.createDirectories(directory);
      Files.copy(in, directory.resolve(name));
    }
  }
}
