package org.ringfence.egress.dns;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.ringfence.policy.value.AddressRange;
import org.ringfence.policy.value.HostPattern;
import org.ringfence.policy.value.InvalidPolicyException;

/** The machine's hosts file, read again after a change. Thread-safe. */
public final class HostsFile {
  private final Path path;
  private FileTime read = FileTime.fromMillis(Long.MIN_VALUE);
  private Map<String, List<InetAddress>> entries = Map.of();

  /**
   * Uses a file, which need not exist.
   *
   * @param path the file
   */
  public HostsFile(Path path) {
    this.path = path;
  }

  /**
   * Returns the machine's file.
   *
   * @return {@code /etc/hosts}, or its equivalent on Windows
   */
  public static HostsFile system() {
    String windows = System.getenv("SystemRoot");
    return new HostsFile(
        windows != null && java.io.File.separatorChar == '\\'
            ? Path.of(windows, "System32", "drivers", "etc", "hosts")
            : Path.of("/etc/hosts"));
  }

  /**
   * Returns the addresses of a name.
   *
   * @param name the name in its normal form
   * @return its addresses in the file's order
   */
  public List<InetAddress> addresses(String name) {
    return current().getOrDefault(name, List.of());
  }

  /**
   * Returns the names of an address.
   *
   * @param address the address
   * @return its names in the file's order
   */
  public List<String> names(InetAddress address) {
    List<String> names = new ArrayList<>();
    current()
        .forEach(
            (name, addresses) -> {
              if (addresses.contains(address)) {
                names.add(name);
              }
            });
    return names;
  }

  private synchronized Map<String, List<InetAddress>> current() {
    try {
      FileTime modified = Files.getLastModifiedTime(path);
      if (!modified.equals(read)) {
        entries = parse(Files.readAllLines(path, StandardCharsets.ISO_8859_1));
        read = modified;
      }
    } catch (IOException e) {
      entries = Map.of();
    }
    return entries;
  }

  /** Skips malformed lines, as the C library does. */
  private static Map<String, List<InetAddress>> parse(List<String> lines) {
    Map<String, List<InetAddress>> entries = new LinkedHashMap<>();
    for (String line : lines) {
      String[] words = line.replaceFirst("#.*", "").trim().split("\\s+");
      for (int i = 1; i < words.length; i++) {
        try {
          InetAddress address = AddressRange.parse(words[0]).network();
          String name = HostPattern.normalise("host", words[i]);
          entries.computeIfAbsent(name, key -> new ArrayList<>()).add(address);
        } catch (InvalidPolicyException e) {
          continue;
        }
      }
    }
    return entries;
  }
}
