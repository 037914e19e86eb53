package org.ringfence.wsl2.plan;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.plan.BubblewrapFeatures;

/**
 * The facts that a distribution reports, asked once.
 *
 * @param told name to value, as the script printed them
 */
public record GuestFacts(Map<String, String> told) {
  /** The name of the fact that tells one start of the virtual machine from another. */
  public static final String BOOT = "boot";

  private static final Pattern WSL1 = Pattern.compile("4\\.4\\.0-[0-9]+-Microsoft");
  private static final Pattern JAVA = Pattern.compile("version \"([0-9]{1,4})[.\"]");
  private static final Pattern BUBBLEWRAP =
      Pattern.compile("bubblewrap ([0-9]{1,4})\\.([0-9]{1,4})");
  private static final Pattern ROOT = Pattern.compile("symlinkroot=(/[^;,\\s]*)");
  private static final Pattern QUOTED = Pattern.compile("^\"([^\"]*)\"");
  private static final Pattern COMMENT = Pattern.compile("\\s*#.*$");
  private static final int OLDEST_MINOR = 8;
  private static final int OLDEST_JAVA = 17;
  private static final String NONE = "none";

  /** Copies the map. */
  public GuestFacts {
    told = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(told));
  }

  /**
   * Reads the script's output.
   *
   * @param output lines of {@code name=value}; it skips other lines
   * @return the facts
   */
  public static GuestFacts of(String output) {
    Map<String, String> told = new LinkedHashMap<>();
    for (String line : output.split("\r?\n")) {
      int equals = line.indexOf('=');
      if (equals > 0 && line.substring(0, equals).matches("[a-z]+")) {
        told.put(line.substring(0, equals), line.substring(equals + 1).strip());
      }
    }
    return new GuestFacts(told);
  }

  private String of(String name, String otherwise) {
    String value = told.getOrDefault(name, "");
    return value.isEmpty() ? otherwise : value;
  }

  /**
   * Returns whether the script ran to its end.
   *
   * @return true if it did
   */
  public boolean complete() {
    return told.containsKey("end");
  }

  /**
   * Returns the mount point of drives.
   *
   * @return a directory with a slash at its end
   */
  public String automount() {
    // The options of a mounted drive tell what is in force, the settings what may be later.
    Matcher mounted = ROOT.matcher(of("mounts", ""));
    String root = mounted.find() ? mounted.group(1) : setting(of("automount", "/mnt/"));
    String valid = root.startsWith("/") ? root : "/mnt/";
    return valid.endsWith("/") ? valid : valid + "/";
  }

  /** Returns a value of wsl.conf without quotes and without a comment behind it. */
  private static String setting(String written) {
    Matcher quoted = QUOTED.matcher(written);
    return quoted.find() ? quoted.group(1) : COMMENT.matcher(written).replaceFirst("");
  }

  /**
   * Returns the doors that were mounted when the facts were asked.
   *
   * @return their places
   */
  public List<String> doors() {
    return DoorMounts.of(of("mounts", ""));
  }

  /**
   * Returns why the doors cannot be tried from inside a sandbox there.
   *
   * @return the problem; empty if they can be tried
   */
  public String trialProblem() {
    return of("tries", "").isEmpty()
        ? "the distribution has neither perl nor python3, so that no socket of the virtual machine's"
            + " host can be tried from inside"
        : "";
  }

  /**
   * Returns which start of the virtual machine the facts are of.
   *
   * @return the kernel's own identity; empty when it is not known
   */
  public String boot() {
    return of(BOOT, "");
  }

  /**
   * Returns the parts of the distribution that a sandbox depends on.
   *
   * @return kernel, networking mode, version of bubblewrap, and kind of the guest
   */
  public String build() {
    return of("kernel", "unknown kernel")
        + ", networking "
        + of("networking", "unknown")
        + ", "
        + of("bubblewrap", "no bubblewrap")
        + (lacksOfGuest().isEmpty() ? ", guest of Java" : ", guest of scripts");
  }

  /**
   * Returns whether the loopback of the distribution is also that of Windows.
   *
   * @return true with {@code networkingMode=mirrored}
   */
  public boolean mirrored() {
    return of("networking", "").equals("mirrored");
  }

  /**
   * Returns whether Windows programs can be started at all.
   *
   * @return false when {@code /etc/wsl.conf} switches interop off: that is stronger
   */
  public boolean interop() {
    return !of("interop", "true").equalsIgnoreCase("false");
  }

  /**
   * Returns the reasons why no Linux sandbox is possible there.
   *
   * @return a reason for each missing thing; empty when nothing is missing
   */
  public List<Lack> lacks() {
    List<Lack> lacks = new ArrayList<>();
    if (WSL1.matcher(of("kernel", "")).matches()) {
      lacks.add(
          new Lack(
              "it is WSL1, which has neither namespaces nor Landlock", "wsl --set-version NAME 2"));
      return lacks;
    }
    Matcher version = BUBBLEWRAP.matcher(of("bubblewrap", NONE));
    if (!version.find()) {
      lacks.add(new Lack("bubblewrap is not installed there", "sudo apt-get install bubblewrap"));
    } else if (version.group(1).equals("0") && Integer.parseInt(version.group(2)) < OLDEST_MINOR) {
      lacks.add(
          new Lack(
              "its bubblewrap is " + version.group(1) + "." + version.group(2),
              "wsl --install -d Ubuntu-24.04, which has a newer one than 0." + OLDEST_MINOR));
    } else if (!of("namespaces", "no").equals("yes")) {
      lacks.add(
          new Lack(
              "bubblewrap cannot make namespaces there: " + of("namespaces", "no"),
              "a kernel with user namespaces, and no AppArmor profile that forbids them"));
    }
    if (!lacksOfGuest().isEmpty() && !lacksOfScripts().isEmpty()) {
      lacks.addAll(lacksOfGuest());
      lacks.addAll(lacksOfScripts());
    }
    return lacks;
  }

  /**
   * Returns the reasons why no guest of Java is possible there.
   *
   * @return a reason for each missing thing
   */
  public List<Lack> lacksOfGuest() {
    List<Lack> lacks = new ArrayList<>();
    if (javaVersion() < OLDEST_JAVA) {
      lacks.add(
          new Lack(
              "there is no Java " + OLDEST_JAVA + " or later",
              "sudo apt-get install openjdk-" + OLDEST_JAVA + "-jre-headless"));
    }
    return lacks;
  }

  /** Returns the reasons why scripts cannot make a sandbox either. */
  private List<Lack> lacksOfScripts() {
    List<Lack> lacks = new ArrayList<>();
    String lacking = of("lacking", "");
    if (!lacking.isEmpty()) {
      lacks.add(new Lack("there is no " + lacking.replace(" ", ", "), "the package coreutils"));
    }
    if (arch().isEmpty()) {
      lacks.add(new Lack("its processor is " + of("machine", "not known"), "x86_64 or aarch64"));
    }
    return lacks;
  }

  /**
   * Returns the kind of guest that makes sandboxes there, and the reason.
   *
   * @return a line
   */
  public String guest() {
    return lacksOfGuest().isEmpty()
        ? "Java"
        : "scripts, which hold less: "
            + String.join("; ", lacksOfGuest().stream().map(Lack::reason).toList());
  }

  /**
   * Returns the machine's architecture.
   *
   * @return the architecture; empty when Ringfence has no filter for it
   */
  public Optional<Arch> arch() {
    return switch (of("machine", "")) {
      case "x86_64" -> Optional.of(Arch.X86_64);
      case "aarch64" -> Optional.of(Arch.AARCH64);
      default -> Optional.empty();
    };
  }

  /**
   * Returns the features of its bubblewrap.
   *
   * @return the features
   */
  public BubblewrapFeatures features() {
    Matcher version = BUBBLEWRAP.matcher(of("bubblewrap", NONE));
    return new BubblewrapFeatures(
        of("program", "/usr/bin/bwrap"),
        version.find() ? version.group(1) + "." + version.group(2) : "",
        of("procfs", "no").equals("yes"),
        false);
  }

  /**
   * Returns whether its default user is root.
   *
   * @return true for user 0
   */
  public boolean root() {
    return of("user", "0").equals("0");
  }

  /**
   * Returns the program that makes terminals for commands without Java: {@code script} of
   * util-linux.
   *
   * @return its path; empty when there is none
   */
  public Optional<String> terminal() {
    return Optional.of(of("terminal", "")).filter(path -> path.startsWith("/"));
  }

  /**
   * Returns the home directory of its default user.
   *
   * @return an absolute path
   */
  public String home() {
    return of("home", "/root");
  }

  /** Returns the first number of {@code openjdk version "17.0.12"}; 0 for none. */
  private int javaVersion() {
    Matcher matcher = JAVA.matcher(of("java", NONE));
    return matcher.find() ? Integer.parseInt(matcher.group(1)) : 0;
  }

  /**
   * A missing thing.
   *
   * @param reason the reason
   * @param remedy the remedy
   */
  public record Lack(String reason, String remedy) {}
}
