package org.ringfence.linux.restricted;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.ringfence.linux.bind.FutexWord;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.LibC;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.bind.SpawnDirectory;
import org.ringfence.linux.bpf.BpfProgram;
import org.ringfence.linux.plan.ThreadFilter;

/**
 * All data that a command thread needs, laid out in native memory before it starts, so that the
 * command thread itself only makes system calls. The command thread owns it and frees it when it
 * ends.
 */
public final class SpawnOrders implements AutoCloseable {
  /** The number of standard descriptors. */
  static final int STANDARD = 3;

  // signal.h
  private static final int SIGCHLD = 17;
  private static final int SIGSET_BYTES = 128;
  // Larger than any libc's posix_spawnattr_t (336 on glibc, musl) and file actions (80).
  private static final int SPAWN_STRUCT_BYTES = 1024;
  // struct rusage, linux/resource.h: two times of two words, then 14 longs of which ru_maxrss is
  // the first.
  public static final int USAGE_BYTES = 144;
  public static final int USAGE_PEAK = 32;
  private static final int SOCK_FPROG_BYTES = 16;
  private static final int MOST_FILTER_BYTES = 1024;

  final NativeBlock block;
  private boolean closed;
  final long path;
  final long arguments;
  final long shell;
  final long shellArguments;
  final long environment;
  final long directory;

  /** A path that leads through the directory. */
  final long inDirectory;

  final boolean ownFileState;
  final long actions;
  final long attributes;
  final long pid;
  final long status;
  final long usage;
  final long polls;
  final FutexWord startedWord;
  final FutexWord observedWord;
  final long counter;

  /** The address of the descriptors above the standard ones that a launch needs, in order. */
  final long needed;

  final int neededCount;

  /** The address of a struct sock_fprog of linux/filter.h. */
  final long filter;

  /** The filter's instructions; 0 for no filter. */
  final int filterLength;

  /** The address of the addresses at which the filter has the command thread's number. */
  final long numberPlaces;

  final int numberPlaceCount;

  final int ruleset;
  final boolean confined;
  final boolean scoped;
  final boolean killsLeftovers;
  final int wake;
  final int supervisorEvent;

  /**
   * Lays out the orders.
   *
   * @param kernel the system calls
   * @param invocation the program to execute
   * @param descriptors the descriptors that become 0, 1, 2 and so on
   * @param confinement null for the watchdog
   * @param signals descriptors to wake the command thread and to wake the supervisor
   * @param ownFileState whether the command thread can enter the directory itself
   */
  public SpawnOrders(
      Kernel kernel,
      Invocation invocation,
      int[] descriptors,
      Confinement confinement,
      Signals signals,
      boolean ownFileState) {
    List<String> command = invocation.arguments();
    List<String> variables = new ArrayList<>();
    invocation.environment().forEach((name, value) -> variables.add(name + "=" + value));
    List<String> viaShell = new ArrayList<>(command);
    viaShell.set(0, invocation.program());
    viaShell.add(0, "/bin/sh");
    this.block =
        new NativeBlock(
            NativeBlock.sizeOf(command)
                + NativeBlock.sizeOf(viaShell)
                + NativeBlock.sizeOf(variables)
                + 3L * invocation.program().length()
                + 6L * invocation.directory().length()
                + 2 * SPAWN_STRUCT_BYTES
                + 2 * SIGSET_BYTES
                + USAGE_BYTES
                + MOST_FILTER_BYTES
                + 2048);
    this.path = block.string(invocation.program());
    this.arguments = block.strings(command);
    this.shell = block.string("/bin/sh");
    this.shellArguments = block.strings(viaShell);
    this.environment = block.strings(variables);
    this.directory = block.string(invocation.directory());
    this.inDirectory = block.string(invocation.directory() + "/.");
    this.ownFileState = ownFileState;
    this.pid = block.allocate(8);
    this.status = block.allocate(8);
    this.usage = block.allocate(USAGE_BYTES);
    this.startedWord = new FutexWord(kernel, block);
    this.observedWord = new FutexWord(kernel, block);
    this.counter = block.allocate(8);
    block.setLong(counter, 1);
    this.polls = block.allocate(16);
    this.actions = block.allocate(SPAWN_STRUCT_BYTES);
    this.attributes = block.allocate(SPAWN_STRUCT_BYTES);
    spawnStructures(descriptors, invocation.leadsSession());
    int[] kept = needed(descriptors, signals);
    this.needed = block.allocate(4L * Math.max(1, kept.length));
    this.neededCount = kept.length;
    for (int i = 0; i < kept.length; i++) {
      block.setInt(needed + 4L * i, kept[i]);
    }
    this.confined = confinement != null;
    this.ruleset = confined ? confinement.ruleset() : -1;
    this.scoped = confined && confinement.scoped();
    this.killsLeftovers = confined && confinement.killsLeftovers();
    Optional<BpfProgram> added = confined ? confinement.filter() : Optional.empty();
    this.filter = block.allocate(SOCK_FPROG_BYTES);
    this.filterLength = added.map(BpfProgram::length).orElse(0);
    List<Integer> places = added.map(each -> each.placesOf(ThreadFilter.NUMBER)).orElse(List.of());
    this.numberPlaces = block.allocate(8L * Math.max(1, places.size()));
    this.numberPlaceCount = places.size();
    if (added.isPresent()) {
      long instructions = block.bytes(added.get().bytes());
      block.setShort(filter, (short) filterLength);
      block.setLong(filter + 8, instructions);
      for (int i = 0; i < places.size(); i++) {
        block.setLong(numberPlaces + 8L * i, instructions + places.get(i));
      }
    }
    this.wake = signals.commandThread();
    this.supervisorEvent = signals.supervisor();
  }

  /**
   * The confinement of a command, besides the part that its command thread inherits from the
   * sandbox thread.
   *
   * @param ruleset the Landlock ruleset's descriptor, -1 for none
   * @param scoped whether the ruleset scopes signals, so that kill(-1) stays inside
   * @param killsLeftovers whether the command thread kills the command's other processes when it
   *     ends
   * @param filter the {@link ThreadFilter} that the command thread installs with its own number
   */
  public record Confinement(
      int ruleset, boolean scoped, boolean killsLeftovers, Optional<BpfProgram> filter) {}

  /**
   * Event descriptors.
   *
   * @param commandThread wakes the command thread
   * @param supervisor wakes the supervisor
   */
  public record Signals(int commandThread, int supervisor) {}

  private static int[] needed(int[] descriptors, Signals signals) {
    return IntStream.concat(
            IntStream.of(descriptors), IntStream.of(signals.commandThread(), signals.supervisor()))
        .filter(fd -> fd >= STANDARD)
        .sorted()
        .distinct()
        .toArray();
  }

  private void spawnStructures(int[] standard, boolean leadsSession) {
    LibC.posix_spawn_file_actions_init(actions);
    if (!ownFileState) {
      SpawnDirectory.posix_spawn_file_actions_addchdir_np(actions, directory);
    }
    for (int target = 0; target < standard.length; target++) {
      LibC.posix_spawn_file_actions_adddup2(actions, standard[target], target);
    }
    long none = block.allocate(SIGSET_BYTES);
    // A caught signal has its default again in every new program, and an ignored one stays ignored
    // (nohup). Without SIGCHLD, bubblewrap would not hear of its children's ends.
    long defaults = block.allocate(SIGSET_BYTES);
    block.setLong(defaults, 1L << SIGCHLD - 1);
    LibC.posix_spawnattr_init(attributes);
    LibC.posix_spawnattr_setsigmask(attributes, none);
    LibC.posix_spawnattr_setsigdefault(attributes, defaults);
    LibC.posix_spawnattr_setflags(
        attributes,
        (short)
            (LibC.SPAWN_SETSIGDEF
                | LibC.SPAWN_SETSIGMASK
                | (leadsSession ? LibC.SPAWN_SETSID : 0)));
  }

  /** Frees the orders, once. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      LibC.posix_spawn_file_actions_destroy(actions);
      block.close();
    }
  }
}
