package org.ringfence.linux.net;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.path.PathResolver;
import org.ringfence.linux.socket.BoundSockets;
import org.ringfence.linux.socket.SocketOptions;
import org.ringfence.linux.task.Deadlines;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;

/**
 * The sandbox's own UDP sockets that other sockets of it are connected to. A send over a connected
 * socket reaches any later holder of the port, unchecked. So this JVM keeps the target socket open,
 * and with it the port, until no socket is connected to it. Thread-safe.
 */
final class HeldTargets implements AutoCloseable {
  private static final int MOST_HELD = 256;
  private static final int MOST_PLACES = 1024;
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final TargetMemory child;
  private final PathResolver paths;
  private final SocketOptions options;
  private final BoundSockets sockets;
  private final Deadlines deadlines;
  private final Map<Long, Held> held = new HashMap<>();
  private final Map<Long, Place> places =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Place> eldest) {
          return size() > MOST_PLACES;
        }
      };

  /** The last known place of a socket. */
  private record Place(int tid, int descriptor) {}

  private record Held(int descriptor, int port, long since) {}

  HeldTargets(Kernel kernel, PathResolver paths, Deadlines deadlines) {
    this.child = new TargetMemory(kernel);
    this.paths = paths;
    this.options = new SocketOptions(kernel);
    this.sockets = new BoundSockets(kernel);
    this.deadlines = deadlines;
  }

  /** Records a socket that the sandbox has bound to a port, for a later search. */
  synchronized void seen(long inode, int tid, int descriptor) {
    places.put(inode, new Place(tid, descriptor));
  }

  /**
   * Holds the socket that receives datagrams to an address.
   *
   * @return whether it is held and still receives them; false when it cannot be found
   */
  synchronized boolean hold(InetAddress address, int port) throws IOException {
    List<Long> inodes = sockets.inodes(false, address, port);
    if (held.size() + inodes.size() > MOST_HELD) {
      look(0);
    }
    for (long inode : inodes) {
      if (held.containsKey(inode)) {
        held.computeIfPresent(
            inode, (same, old) -> new Held(old.descriptor(), old.port(), System.nanoTime()));
        continue;
      }
      OptionalInt found = held.size() < MOST_HELD ? find(inode) : OptionalInt.empty();
      if (found.isEmpty()) {
        return false;
      }
      if (held.isEmpty()) {
        deadlines.add(LOOK_NANOS, this::lookAgain);
      }
      held.put(inode, new Held(found.getAsInt(), port, System.nanoTime()));
    }
    return !inodes.isEmpty() && sockets.inodes(false, address, port).equals(inodes);
  }

  /** Returns whether a socket is held. */
  synchronized boolean holds(int fd) throws AccessException {
    return !held.isEmpty() && held.containsKey(options.inode(fd, paths));
  }

  /**
   * Releases the socket held on a port, if no socket is connected to it.
   *
   * @return whether it released one
   */
  synchronized boolean release(int port) {
    int before = held.size();
    held.values()
        .removeIf(each -> each.port() == port && !connected(each) && closed(each.descriptor()));
    return held.size() < before;
  }

  private OptionalInt find(long inode) {
    Place place = places.get(inode);
    if (place != null) {
      OptionalInt copy = copy(place.tid(), place.descriptor(), inode);
      if (copy.isPresent()) {
        return copy;
      }
    }
    // It was bound implicitly, or passed on: the search covers all processes and takes
    // milliseconds.
    String wanted = "socket:[" + inode + "]";
    long self = ProcessHandle.current().pid();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path process : processes) {
        int pid = Integer.parseInt(process.getFileName().toString());
        if (pid != self) {
          for (int descriptor : descriptors(process, wanted)) {
            OptionalInt copy = copy(pid, descriptor, inode);
            if (copy.isPresent()) {
              return copy;
            }
          }
        }
      }
    } catch (IOException e) {
      return OptionalInt.empty();
    }
    return OptionalInt.empty();
  }

  private static List<Integer> descriptors(Path process, String wanted) {
    List<Integer> found = new ArrayList<>();
    try (DirectoryStream<Path> links = Files.newDirectoryStream(process.resolve("fd"))) {
      for (Path link : links) {
        if (Files.readSymbolicLink(link).toString().equals(wanted)) {
          found.add(Integer.parseInt(link.getFileName().toString()));
        }
      }
    } catch (IOException | java.nio.file.DirectoryIteratorException e) {
      // Another user's, or gone.
      return found;
    }
    return found;
  }

  private OptionalInt copy(int tid, int descriptor, long inode) {
    try {
      int copy = child.descriptor(tid, descriptor);
      try {
        if (options.inode(copy, paths) == inode) {
          return OptionalInt.of(copy);
        }
      } catch (AccessException | RuntimeException e) {
        child.close(copy);
        return OptionalInt.empty();
      }
      child.close(copy);
    } catch (AccessException e) {
      return OptionalInt.empty();
    }
    return OptionalInt.empty();
  }

  private boolean connected(Held each) {
    return sockets.anyConnected(each.port());
  }

  private boolean closed(int descriptor) {
    child.close(descriptor);
    return true;
  }

  private synchronized void lookAgain() {
    look(LOOK_NANOS);
    if (!held.isEmpty()) {
      deadlines.add(LOOK_NANOS, this::lookAgain);
    }
  }

  /** Spares young sockets: one that is being connected to is not connected yet. */
  private void look(long age) {
    long now = System.nanoTime();
    held.values()
        .removeIf(
            each -> now - each.since() >= age && !connected(each) && closed(each.descriptor()));
  }

  @Override
  public synchronized void close() {
    held.values().forEach(each -> child.close(each.descriptor()));
    held.clear();
  }
}
