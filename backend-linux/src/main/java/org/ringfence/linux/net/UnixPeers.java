package org.ringfence.linux.net;

import static org.ringfence.linux.bind.Constants.AF_UNIX;
import static org.ringfence.linux.bind.Constants.SOL_SOCKET;
import static org.ringfence.linux.bind.Constants.SO_COOKIE;
import static org.ringfence.linux.bind.Constants.SO_DOMAIN;
import static org.ringfence.linux.bind.Constants.SO_PEERCRED;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.path.PathResolver;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.socket.OwnSockets;
import org.ringfence.linux.socket.OwnSockets.UnixSocket;
import org.ringfence.linux.socket.SocketOptions;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;

/**
 * Answers a server's question for the process at the other end of a connection (SO_PEERCRED). The
 * kernel names this JVM, which connects for commands. This class remembers for which process. It
 * decides nothing: the answer is a number. Thread-safe.
 */
final class UnixPeers {
  private static final int MOST = 16_384;
  // struct ucred: process, user, group.
  private static final int CREDENTIALS_BYTES = 12;

  private final Kernel kernel;
  private final TargetMemory child;
  private final SocketOptions options;
  private final PathResolver paths;
  private final OwnSockets own;
  private final long jvm = ProcessHandle.current().pid();
  // By the inode of the socket that was connected.
  private final Map<Long, Client> clients =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Client> eldest) {
          return size() > MOST;
        }
      };

  /** A process with a connected socket, by its number in its own namespace of processes. */
  private record Client(long cookie, int number, String namespace) {}

  UnixPeers(Kernel kernel, PathResolver paths, OwnSockets own) {
    this.kernel = kernel;
    this.child = new TargetMemory(kernel);
    this.options = new SocketOptions(kernel);
    this.paths = paths;
    this.own = own;
  }

  /** Remembers for which process a socket is about to be connected. */
  void connects(SyscallNotification call, int fd) throws AccessException {
    int process = child.processOf(call.tid());
    Client client =
        new Client(
            options.getLong(fd, SO_COOKIE), (int) child.innerNumber(process), namespace(process));
    call.live();
    synchronized (clients) {
      clients.put(options.inode(fd, paths), client);
    }
  }

  /** Answers {@code getsockopt(SO_PEERCRED)}. */
  void answer(SyscallNotification call) throws AccessException {
    byte[] credentials = credentials(call);
    if (credentials.length == 0) {
      // Whatever it is by then, the kernel reports what it knows.
      call.proceed();
      return;
    }
    ByteBuffer length = ByteBuffer.wrap(child.read(call.tid(), call.argument(4), Integer.BYTES));
    int room = length.order(ByteOrder.nativeOrder()).getInt(0);
    if (room < 0) {
      call.fail(Errno.EINVAL);
      return;
    }
    byte[] given = Arrays.copyOf(credentials, Math.min(room, CREDENTIALS_BYTES));
    call.live();
    child.write(call.tid(), call.argument(3), given);
    child.write(call.tid(), call.argument(4), length.putInt(0, given.length).array());
    call.result(0);
  }

  /**
   * Returns the answer that the kernel would give if the command had connected itself; empty if it
   * did.
   */
  private byte[] credentials(SyscallNotification call) throws AccessException {
    int fd = child.descriptor(call.tid(), call.intArgument(0));
    try (NativeBlock block = new NativeBlock(64)) {
      long value = block.allocate(CREDENTIALS_BYTES);
      long length = block.allocate(4);
      block.setInt(length, CREDENTIALS_BYTES);
      if (options.get(fd, SO_DOMAIN) != AF_UNIX
          || kernel.call(Syscall.GETSOCKOPT, fd, SOL_SOCKET, SO_PEERCRED, value, length, 0) < 0
          || block.getInt(value) != jvm) {
        return new byte[0];
      }
      Client client = client(fd);
      if (client == null || !client.namespace().equals(namespace(call.tid()))) {
        return new byte[0];
      }
      block.setInt(value, client.number());
      return block.getBytes(value, CREDENTIALS_BYTES);
    } finally {
      child.close(fd);
    }
  }

  /** Returns the process that the socket at the other end was connected for; null if unknown. */
  private Client client(int fd) throws AccessException {
    UnixSocket accepted = new UnixSocket(options.inode(fd, paths), options.getLong(fd, SO_COOKIE));
    UnixSocket peer = own.peerOf(accepted);
    Client client;
    synchronized (clients) {
      client = peer == null ? null : clients.get(peer.inode());
    }
    return client != null && client.cookie() == peer.cookie() ? client : null;
  }

  private static String namespace(int process) {
    try {
      return Files.readSymbolicLink(Path.of("/proc/" + process + "/ns/pid")).toString();
    } catch (IOException e) {
      return "";
    }
  }
}
