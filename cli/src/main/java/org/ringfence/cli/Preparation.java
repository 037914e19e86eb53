package org.ringfence.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jline.nativ.OSInfo;

/** Unpacks the libraries of JNA and JLine; the launcher runs it once, so that no start has to. */
public final class Preparation {
  private Preparation() {}

  /**
   * Unpacks the libraries.
   *
   * @param args the directory to create
   * @throws IOException if it cannot be written, or there is no library for this system
   */
  public static void main(String[] args) throws IOException {
    boolean arm = System.getProperty("os.arch").equals("aarch64");
    String system =
        System.getProperty("os.name").toLowerCase(Locale.ROOT).replaceAll("[^a-z].*", "");
    Path directory = Files.createDirectories(Path.of(args[0]));
    String name = "libjnidispatch.so";
    unpack("com/sun/jna/" + system + (arm ? "-aarch64/" : "-x86-64/") + name, directory);
    // JLine's loader looks for it by this name.
    String terminals = System.mapLibraryName("jlinenative").replace(".dylib", ".jnilib");
    unpack(
        "org/jline/nativ/" + OSInfo.getNativeLibFolderPathForCurrentOS() + "/" + terminals,
        directory);
  }

  private static void unpack(String resource, Path directory) throws IOException {
    try (InputStream in = Preparation.class.getClassLoader().getResourceAsStream(resource)) {
      if (in == null) {
        throw new IOException("there is no " + resource);
      }
      Files.copy(in, directory.resolve(resource.substring(resource.lastIndexOf('/') + 1)));
    }
  }
}
