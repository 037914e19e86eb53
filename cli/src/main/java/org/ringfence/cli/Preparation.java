package org.ringfence.cli;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jline.nativ.OSInfo;
import org.ringfence.cli.start.StartJar;

/**
 * Prepares an installation; the launcher runs it once, so that no start has to do the same: unpacks
 * the libraries of JNA and JLine, and makes one jar of a run's class path.
 */
public final class Preparation {
  private Preparation() {}

  /**
   * Prepares an installation.
   *
   * @param args the directory to create, the jars of Ringfence, and those of its libraries, each as
   *     a class path
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
    StartJar.make(paths(args[1]), paths(args[2]), directory.resolve("ringfence.jar"));
  }

  private static List<Path> paths(String path) {
    return Arrays.stream(path.split(File.pathSeparator)).map(Path::of).toList();
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
