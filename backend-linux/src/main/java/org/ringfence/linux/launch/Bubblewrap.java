package org.ringfence.linux.launch;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.ringfence.SandboxException;
import org.ringfence.linux.bind.Constants;
import org.ringfence.linux.bind.Descriptors;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.path.PathResolver;
import org.ringfence.linux.plan.BubblewrapCompiler;
import org.ringfence.linux.plan.BubblewrapFeatures;
import org.ringfence.linux.plan.FileView;
import org.ringfence.linux.plan.HostTree;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.restricted.Invocation;
import org.ringfence.policy.Limits;
import org.ringfence.policy.Operation;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.spi.CommandEnvironment;
import org.ringfence.spi.Launch;

/**
 * Wraps commands for bubblewrap. Options, environment and filter go through memory files, so that
 * the process list shows no part of the policy. bubblewrap itself gets no environment, which could
 * make it load code before it confines the command.
 */
final class Bubblewrap implements AutoCloseable {
  // Commands have numbers above 0.
  private static final long TRIAL = -1;
  private static final int OPTIONS = 3;
  private static final int FILTER = 4;
  private static final int LIFELINE = 5;
  private static final int LOWEST_DESCRIPTOR = 16;

  private final Kernel kernel;
  private final Descriptors descriptors;
  private final BubblewrapFeatures features;
  private final FileView view;
  private final List<String> options;
  private final int filter;
  private final Optional<Lifeline> lifeline;

  Bubblewrap(
      Kernel kernel,
      BubblewrapFeatures features,
      FileView view,
      byte[] filter,
      Optional<Lifeline> lifeline,
      List<String> held)
      throws IOException {
    this.kernel = kernel;
    this.descriptors = new Descriptors(kernel);
    this.features = features;
    this.view = view;
    this.options = new ArrayList<>(BubblewrapCompiler.compile(view.policy(), tree(), features));
    // After the writable directories that they lie in.
    held.forEach(path -> options.addAll(List.of("--ro-bind", path, path)));
    if (lifeline.isPresent()) {
      options.addAll(List.of("--sync-fd", Integer.toString(LIFELINE)));
    }
    this.lifeline = lifeline;
    this.filter = memory(filter);
  }

  private static HostTree tree() {
    return text -> {
      Path path = Path.of(text);
      if (Files.isSymbolicLink(path)) {
        return HostTree.Kind.LINK;
      }
      return Files.isDirectory(path)
          ? HostTree.Kind.DIRECTORY
          : Files.exists(path, LinkOption.NOFOLLOW_LINKS)
              ? HostTree.Kind.FILE
              : HostTree.Kind.MISSING;
    };
  }

  /** Reports the errors that bubblewrap would only print, before the start. */
  void check(Launch launch) throws SandboxException {
    EffectivePolicy policy = view.policy();
    String directory = launch.directory().toString();
    if (!policy.check(directory, Operation.READ).allowed()) {
      throw new SandboxException(
          "directory: '" + directory + "' cannot be entered: the policy denies it");
    }
  }

  Invocation invocation(String executable, Launch launch) throws SandboxException, IOException {
    Map<String, String> environment = new LinkedHashMap<>();
    launch.environment().resolved().forEach((name, value) -> environment.put(name, inside(value)));
    String directory = launch.directory().toString();
    List<String> words;
    try {
      words =
          BubblewrapCompiler.launch(
              options,
              environment,
              view.ownTmp().isPresent() ? inside(directory) : directory,
              launch.terminal().isPresent(),
              FILTER);
    } catch (IllegalArgumentException e) {
      throw new SandboxException(e.getMessage(), e);
    }
    List<String> command = new ArrayList<>();
    command.add("bwrap");
    command.add("--args");
    command.add(Integer.toString(OPTIONS));
    command.add("--");
    command.addAll(Invocation.inOwnSession(launch));
    command.add(executable);
    command.addAll(launch.command().subList(1, launch.command().size()));
    List<Integer> own = new ArrayList<>();
    boolean done = false;
    try {
      own.add(memory(NativeBlock.encode(String.join("\0", words) + "\0")));
      // A separate file description, since every reader moves its offset.
      own.add(high(descriptors.open(PathResolver.own(filter), Constants.O_RDONLY, 0)));
      if (lifeline.isPresent()) {
        own.add(high(descriptors.copy(lifeline.get().write())));
      }
      done = true;
      return new Invocation(features.path(), command, Map.of(), "/", true, own, descriptors);
    } finally {
      if (!done) {
        own.forEach(descriptors::close);
      }
    }
  }

  /** The private directory has another name inside. */
  private String inside(String value) {
    return view.ownTmp().map(tmp -> value.replace(tmp, "/tmp")).orElse(value);
  }

  private int memory(byte[] content) throws IOException {
    try (NativeBlock block = new NativeBlock(content.length + 128L)) {
      long low =
          Descriptors.check(
              "memfd_create",
              kernel.call(Syscall.MEMFD_CREATE, block.string("ringfence"), /* MFD_CLOEXEC */ 1));
      try {
        // The offset does not move: the reader starts at the beginning.
        long bytes = block.bytes(content);
        long written = 0;
        while (written < content.length) {
          written +=
              Descriptors.check(
                  "memory file",
                  kernel.call(
                      Syscall.PWRITE64, low, bytes + written, content.length - written, written));
        }
      } catch (IOException e) {
        descriptors.close((int) low);
        throw e;
      }
      return high((int) low);
    }
  }

  /** Copies a descriptor above the numbers that bubblewrap gets; closes the original. */
  private int high(int fd) throws IOException {
    try {
      return (int)
          Descriptors.check(
              "fcntl",
              kernel.call(Syscall.FCNTL, fd, Constants.F_DUPFD_CLOEXEC, LOWEST_DESCRIPTOR));
    } finally {
      descriptors.close(fd);
    }
  }

  /** Returns a launch that sets everything up and executes nothing. */
  static Launch trial(EffectivePolicy policy) {
    return new Launch(
        TRIAL,
        List.of(BubblewrapCompiler.NO_PROGRAM),
        Path.of("/"),
        CommandEnvironment.EMPTY,
        Redirect.from(Path.of("/dev/null").toFile()),
        Redirect.DISCARD,
        Redirect.PIPE,
        false,
        Limits.NONE,
        Optional.empty());
  }

  @Override
  public void close() {
    descriptors.close(filter);
  }
}
