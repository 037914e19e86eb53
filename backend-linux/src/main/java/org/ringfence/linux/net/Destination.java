package org.ringfence.linux.net;

import org.ringfence.linux.socket.SocketAddress;
import org.ringfence.linux.task.TargetMemory;

/**
 * A checked destination of a socket.
 *
 * @param address the address to use, which may name the checked object instead of the path
 * @param refusal a negated error number, 0 when it is allowed; {@link #UNDECIDED} when the decision
 *     has to wait for a listener or a name server
 * @param object a descriptor that keeps the checked object, or -1
 * @param closer closes it
 * @param own whether it is allowed because the sandbox's own socket is there
 * @param outside the decision on a connection that leaves the sandbox's own network; null otherwise
 */
record Destination(
    SocketAddress address,
    long refusal,
    int object,
    TargetMemory closer,
    boolean own,
    InetDestinations.Allowed outside)
    implements AutoCloseable {
  static final long UNDECIDED = 1;

  Destination(SocketAddress address, long refusal, int object, TargetMemory closer) {
    this(address, refusal, object, closer, false, null);
  }

  Destination(SocketAddress address, long refusal, int object, TargetMemory closer, boolean own) {
    this(address, refusal, object, closer, own, null);
  }

  @Override
  public void close() {
    closer.close(object);
  }
}
