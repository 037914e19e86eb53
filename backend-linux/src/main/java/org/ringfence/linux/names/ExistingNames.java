package org.ringfence.linux.names;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.ringfence.SandboxException;
import org.ringfence.event.Violation;
import org.ringfence.event.Violation.Certainty;
import org.ringfence.file.HeldDirectory;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.tree.LinuxDirectories;
import org.ringfence.linux.tree.NameSearch;
import org.ringfence.linux.tree.NameSearch.Found;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.Reason;
import org.ringfence.policy.effective.EffectivePolicy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The protected names that existed when a sandbox opened, and the search for others when a command
 * has ended. One command runs at a time, so that nothing of the sandbox changes the tree during a
 * search. Thread-safe.
 */
public final class ExistingNames implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ExistingNames.class);
  private static final int MOST_TOLD = 20_000;
  private static final int MOST_SETTINGS = 32 << 10; // bytes of one file, kept while open
  private static final String FOUND = "found";
  private static final String INCOMPLETE = "; look at it before a tool runs there";

  private final Kernel kernel;
  private final EffectivePolicy policy;
  private final Map<String, Found> before;
  private final Map<String, String> links = new HashMap<>();
  private final Map<String, byte[]> settings = new HashMap<>();
  private final Map<Identity, Found> identities = new HashMap<>();
  private final Map<String, Found> reported = new HashMap<>();
  private final MadeNames made;
  private final Optional<Quarantine> quarantine;
  private final ThreadPoolExecutor thread;
  private final AtomicBoolean busy = new AtomicBoolean();

  private record Identity(long device, long inode) {
    static Identity of(Found found) {
      return new Identity(found.status().device(), found.status().inode());
    }
  }

  private ExistingNames(Kernel kernel, EffectivePolicy policy, NameSearch search)
      throws SandboxException {
    this.kernel = kernel;
    this.policy = policy;
    this.before = Map.copyOf(search.found());
    this.made = new MadeNames(policy);
    this.quarantine =
        policy.policy().protectedNames() == ProtectedNames.EXISTING
            ? Optional.of(Quarantine.choose(kernel, policy))
            : Optional.empty();
    for (Map.Entry<String, Found> each : before.entrySet()) {
      Found found = each.getValue();
      if (!found.isText() && !found.status().isLink()) {
        throw new SandboxException(
            "protectedNames existing: the path of " + found.path() + " is not valid UTF-8");
      }
      if (found.status().isLink()) {
        links.put(each.getKey(), link(search, found).orElse(""));
      } else {
        identities.put(Identity.of(found), found);
        settings(search, found).ifPresent(content -> settings.put(each.getKey(), content));
      }
    }
    // Started here: a thread of the supervisor's would have its umask.
    this.thread =
        new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread made = new Thread(task, "ringfence-names");
              made.setDaemon(true);
              return made;
            });
    thread.prestartAllCoreThreads();
  }

  /**
   * Searches the writable directories.
   *
   * @param kernel the system calls
   * @param policy the policy
   * @return the protected names that exist
   * @throws SandboxException if they cannot all be found
   */
  public static ExistingNames find(Kernel kernel, EffectivePolicy policy) throws SandboxException {
    try (NameSearch search = new NameSearch(kernel, policy, Optional.empty()).run()) {
      for (Map.Entry<String, String> each : search.unsearched().entrySet()) {
        throw new SandboxException(
            "protectedNames existing: "
                + each.getKey()
                + " cannot be searched for names to hold: "
                + each.getValue()
                + "; grant less, or use protectedNames hooks-and-config");
      }
      return new ExistingNames(kernel, policy, search);
    }
  }

  private static Optional<String> link(NameSearch search, Found found) {
    try (HeldDirectory directory = search.directoryOf(found)) {
      return Optional.of(directory.readLink(found.last()));
    } catch (Exception e) {
      return Optional.empty();
    }
  }

  /** Reads git's settings, to tell what a program outside adds to them during a command. */
  private static Optional<byte[]> settings(NameSearch search, Found found) {
    if (!found.name().startsWith(".git/config") || found.status().size() > MOST_SETTINGS) {
      return Optional.empty();
    }
    try (HeldDirectory directory = search.directoryOf(found)) {
      return Optional.of(directory.read(found.last(), MOST_SETTINGS));
    } catch (Exception e) {
      return Optional.empty();
    }
  }

  /**
   * Returns the paths that mounts hold.
   *
   * @return absolute paths of files and directories
   */
  public List<String> mounts() {
    List<String> paths = new ArrayList<>();
    for (Found each : before.values()) {
      if (!each.status().isLink()) {
        paths.add(each.path());
      }
    }
    paths.sort(null);
    return paths;
  }

  /**
   * Begins a command.
   *
   * @throws SandboxException if another one runs, or a held name no longer lies at its path
   */
  public void begin() throws SandboxException {
    if (!busy.compareAndSet(false, true)) {
      throw new SandboxException(
          "protectedNames existing: one command at a time; wait for the end of the other one, or"
              + " use protectedNames hooks-and-config");
    }
    boolean done = false;
    try {
      for (Found each : before.values()) {
        if (!each.status().isLink() && !isThere(each)) {
          throw new SandboxException(
              "protectedNames existing: "
                  + each.path()
                  + " has been moved since the sandbox was opened, so that no mount can hold it;"
                  + " open the sandbox again");
        }
      }
      done = true;
    } finally {
      if (!done) {
        busy.set(false);
      }
    }
  }

  private boolean isThere(Found held) {
    Path path = Path.of(held.path());
    try (HeldDirectory directory = new LinuxDirectories(kernel).open(path.getParent())) {
      return directory.status(held.last()).filter(now -> now.isSame(held.status())).isPresent();
    } catch (Exception e) {
      return false;
    }
  }

  /** Ends a command that has not started. */
  public void cancel() {
    busy.set(false);
  }

  /**
   * Searches for names that a command has made, on a thread of its own, and moves or reports them.
   *
   * @param command the command's number
   * @param pid the command's process, for the reports
   * @param ended waits for the end of the last process; false if it is not known
   * @param report receives each found name
   * @param then runs afterwards, whatever happens
   */
  public void atEnd(
      long command, long pid, BooleanSupplier ended, Consumer<Violation> report, Runnable then) {
    AtomicBoolean once = new AtomicBoolean();
    Runnable finish =
        () -> {
          if (once.compareAndSet(false, true)) {
            busy.set(false);
            then.run();
          }
        };
    try {
      thread.execute(
          () -> {
            try {
              Told told = new Told(command, pid, report);
              if (!ended.getAsBoolean()) {
                told.tell(
                    policy.places().workspace(),
                    "all",
                    "it is not known that all processes had ended when they were searched for");
              }
              search(told);
            } catch (RuntimeException | Error e) {
              LOG.error("protected names were not searched for", e);
              new Told(command, pid, report)
                  .tell(policy.places().workspace(), "all", "the search failed: " + e + INCOMPLETE);
            } finally {
              finish.run();
            }
          });
    } catch (RejectedExecutionException e) {
      LOG.error("protected names were not searched for: the sandbox is closed");
      finish.run();
    }
  }

  /** Reports found names to the caller, and counts the names beyond the limit of a report. */
  private static final class Told {
    private final long command;
    private final long pid;
    private final Consumer<Violation> report;
    private int sum;

    Told(long command, long pid, Consumer<Violation> report) {
      this.command = command;
      this.pid = pid;
      this.report = report;
    }

    boolean isFull() {
      return sum >= MOST_TOLD;
    }

    void tell(String path, String name, String outcome) {
      if (sum++ < MOST_TOLD) {
        send(path, name, outcome);
      }
    }

    void send(String path, String name, String outcome) {
      report.accept(
          new Violation(
              FOUND,
              path,
              pid,
              "",
              new Reason.FoundName(name, outcome),
              Certainty.CERTAIN,
              command));
    }
  }

  private void search(Told told) {
    Set<String> seen = new HashSet<>();
    try (NameSearch search = new NameSearch(kernel, policy, Optional.of(before))) {
      search.run(
          now -> {
            seen.add(now.key());
            return look(search, now, told);
          });
      before.forEach(
          (key, held) -> {
            if (!seen.contains(key)) {
              lost(search, key, held, told);
            }
          });
      if (told.sum > MOST_TOLD) {
        told.send(
            policy.places().workspace(),
            "all",
            (told.sum - MOST_TOLD) + " more names were found than are reported" + INCOMPLETE);
      }
      search
          .unsearched()
          .forEach((path, why) -> told.send(path, "all", "not searched: " + why + INCOMPLETE));
    }
  }

  /** Judges a found name; returns whether it has been moved away. */
  private boolean look(NameSearch search, Found now, Told told) {
    String key = now.key();
    Found was = before.get(key);
    boolean reused = now.status().isLink() && was != null && !was.status().equals(now.status());
    if (was != null && was.status().isSame(now.status()) && !reused) {
      if (!now.status().equals(was.status())) {
        tellOnce(key, now, told, "it was changed from outside, or by another name of it");
      }
      return false;
    }
    Found elsewhere = identities.get(Identity.of(now));
    // No command can set the time of the last change: it tells a reused number from the object.
    if (elsewhere != null && elsewhere.status().equals(now.status())) {
      tellOnce(
          key, now, told, "it lay at " + elsewhere.path() + " and was moved with its directory");
      return false;
    }
    String origin =
        was == null
            ? "made by the command"
            : "replaced while the command ran, by it or by a program outside";
    try (HeldDirectory directory = search.directoryOf(now)) {
      if (!directory.status(now.last()).filter(there -> there.isSame(now.status())).isPresent()) {
        return false;
      }
      if (made.isHarmless(now, directory, settings.getOrDefault(key, new byte[0]))) {
        if (was != null) {
          tellOnce(key, now, told, origin + "; it names no new program and stays");
        }
        return false;
      }
      if (quarantine.isEmpty()) {
        tellOnce(key, now, told, origin + "; it is still there");
        return false;
      }
      String done = quarantine.get().take(directory, now.last(), now.path());
      told.tell(now.path(), now.name(), origin + "; " + done);
    } catch (Exception e) {
      told.tell(now.path(), now.name(), origin + "; it is still there: " + e.getMessage());
      return false;
    }
    if (was != null && was.status().isLink()) {
      lost(search, key, was, told);
    }
    return true;
  }

  /** Reports a name that does not lie at its path any more; makes a link again. */
  private void lost(NameSearch search, String key, Found held, Told told) {
    String target = links.getOrDefault(key, "");
    if (!held.status().isLink() || target.isEmpty()) {
      tellOnce(key, held, told, "it does not lie there any more");
      return;
    }
    try (HeldDirectory directory = search.directoryOf(held)) {
      Closed.write(
          directory,
          () -> {
            directory.makeLink(held.last(), target);
            return null;
          });
      told.tell(held.path(), held.name(), "the command replaced or removed this link; made again");
    } catch (Exception e) {
      tellOnce(key, held, told, "the command replaced or removed this link");
    }
  }

  /** Reports what stays only when it is new to the reports. */
  private void tellOnce(String key, Found one, Told told, String outcome) {
    Found last = told.isFull() ? reported.get(key) : reported.put(key, one);
    if (last == null || !last.status().equals(one.status())) {
      told.tell(one.path(), one.name(), outcome);
    }
  }

  @Override
  public void close() {
    thread.shutdown();
    quarantine.ifPresent(
        each -> {
          try {
            each.close();
          } catch (IOException e) {
            LOG.debug("the directory of found names was not closed", e);
          }
        });
  }
}
