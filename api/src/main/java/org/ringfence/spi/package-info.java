/**
 * The interfaces that a backend implements. {@link java.util.ServiceLoader} finds backends.
 *
 * <p>A {@link org.ringfence.spi.SandboxBackend} describes itself ({@link
 * org.ringfence.spi.BackendInfo}), plans a policy, and opens a {@link
 * org.ringfence.spi.BackendSession}, which starts each {@link org.ringfence.spi.Launch}. {@link
 * org.ringfence.spi.WatchedProcess} is the base class of its processes. It reports events to an
 * {@link org.ringfence.spi.EventSink}. Abilities that only some backends have are extensions; see
 * {@link org.ringfence.spi.SandboxBackend#extension(Class)}.
 *
 * <p>Ringfence places a policy once, in the sandbox's own temporary directory too, and plans it
 * once: the plan that a backend opens is the very one that it made and that the user reads.
 */
package org.ringfence.spi;
