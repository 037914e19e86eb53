package org.ringfence.linux.net;

import static org.ringfence.linux.bind.Constants.AF_UNIX;
import static org.ringfence.linux.bind.Constants.SOCK_SEQPACKET;
import static org.ringfence.linux.bind.Constants.SOCK_STREAM;
import static org.ringfence.linux.bind.Constants.SO_DOMAIN;
import static org.ringfence.linux.bind.Constants.SO_TYPE;

import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.socket.SocketOptions;
import org.ringfence.linux.task.OwnDescriptors;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory.AccessException;

/**
 * Knows which sends and listens a command may make itself, so that its own process is the one that
 * others see (SCM_CREDENTIALS, SO_PEERCRED). A unix socket of a connected type sends to its peer
 * alone: the kernel refuses or ignores an address (net/unix/af_unix.c, unix_stream_sendmsg,
 * unix_seqpacket_sendmsg). A socket's family and type never change from unix to another, and only
 * the caller could put another socket under its number. So the message in the caller's memory may
 * change.
 *
 * <p>Other callers' messages go out from this JVM: another thread could exchange the socket for one
 * that sends to an address. Thread-safe.
 */
final class ConnectedSockets {
  private final SocketOptions options;
  private final OwnDescriptors descriptors;

  ConnectedSockets(Kernel kernel, OwnDescriptors descriptors) {
    this.options = new SocketOptions(kernel);
    this.descriptors = descriptors;
  }

  /**
   * Returns whether the caller may use a socket itself.
   *
   * @param call the call
   * @param fd a copy of the socket
   */
  boolean isCallers(SyscallNotification call, int fd) throws AccessException {
    if (options.get(fd, SO_DOMAIN) != AF_UNIX) {
      return false;
    }
    long type = options.get(fd, SO_TYPE);
    return (type == SOCK_STREAM || type == SOCK_SEQPACKET) && descriptors.belongTo(call);
  }
}
