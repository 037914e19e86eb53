package org.ringfence.policy;

import java.time.Duration;
import org.ringfence.policy.value.ByteSize;

/** The limits of a policy. Valid while the block runs; not thread-safe. */
public final class LimitsPart {
  private final PolicyBuilder builder;

  LimitsPart(PolicyBuilder builder) {
    this.builder = builder;
  }

  /**
   * Bounds the memory of the tree.
   *
   * @param size the bound
   * @return this part
   */
  public LimitsPart memory(ByteSize size) {
    builder.memory(size.bytes());
    return this;
  }

  /**
   * Bounds the number of processes at a time.
   *
   * @param count the bound
   * @return this part
   */
  public LimitsPart processes(long count) {
    builder.processes(count);
    return this;
  }

  /**
   * Bounds processor time.
   *
   * @param time the bound
   * @return this part
   */
  public LimitsPart cpuTime(Duration time) {
    builder.cpuTime(time);
    return this;
  }

  /**
   * Bounds the open files of a process.
   *
   * @param count the bound
   * @return this part
   */
  public LimitsPart openFiles(long count) {
    builder.openFiles(count);
    return this;
  }

  /**
   * Bounds the size of a file.
   *
   * @param size the bound
   * @return this part
   */
  public LimitsPart fileSize(ByteSize size) {
    builder.fileSize(size.bytes());
    return this;
  }

  /**
   * Bounds wall time.
   *
   * @param time the bound
   * @return this part
   */
  public LimitsPart wallTime(Duration time) {
    builder.wallTime(time);
    return this;
  }

  /**
   * Bounds output.
   *
   * @param size the bound
   * @return this part
   */
  public LimitsPart output(ByteSize size) {
    builder.outputBytes(size.bytes());
    return this;
  }

  /**
   * Sets the time between the request to end and the kill.
   *
   * @param time the grace
   * @return this part
   */
  public LimitsPart grace(Duration time) {
    builder.grace(time);
    return this;
  }
}
