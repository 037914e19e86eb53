package org.ringfence.kit.session;

import java.util.ArrayDeque;
import java.util.Deque;
import org.ringfence.SandboxException;

/**
 * The resources of a sandbox. {@link #close()} closes them in reverse order, and goes on when one
 * of them fails. For one thread at a time.
 *
 * <p>A session fills a stack while it opens, and hands the stack on when all is there:
 *
 * <pre>{@code
 * ResourceStack resources = new ResourceStack();
 * boolean done = false;
 * try {
 *   EgressProxy proxy = resources.add(start());
 *   ...
 *   done = true;
 * } finally {
 *   if (!done) {
 *     resources.closeQuietly();
 *   }
 * }
 * }</pre>
 */
public final class ResourceStack implements AutoCloseable {
  private final Deque<AutoCloseable> resources = new ArrayDeque<>();

  /** Makes an empty stack. */
  public ResourceStack() {}

  /**
   * Adds a resource, which is closed before those that are already there.
   *
   * @param resource the resource
   * @param <T> its type
   * @return the resource
   */
  public <T extends AutoCloseable> T add(T resource) {
    resources.push(resource);
    return resource;
  }

  /**
   * Closes all resources.
   *
   * @throws SandboxException if one of them cannot be closed: the first failure, with the others
   *     suppressed
   */
  @Override
  public void close() throws SandboxException {
    SandboxException failed = null;
    while (!resources.isEmpty()) {
      try {
        resources.pop().close();
      } catch (Exception e) {
        SandboxException failure =
            e instanceof SandboxException own
                ? own
                : new SandboxException("sandbox: " + e.getMessage(), e);
        if (failed == null) {
          failed = failure;
        } else {
          failed.addSuppressed(failure);
        }
      }
    }
    if (failed != null) {
      throw failed;
    }
  }

  /**
   * Closes all resources after another failure, which matters more than those of closing.
   *
   * @param failure the other failure; failures of closing are added to it as suppressed
   */
  public void closeAfter(Throwable failure) {
    try {
      close();
    } catch (SandboxException e) {
      failure.addSuppressed(e);
    }
  }
}
