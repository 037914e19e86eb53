package org.ringfence.windows.system;

/** Job objects. */
public interface Jobs {
  /**
   * Makes a job without a name.
   *
   * @return the job
   * @throws WindowsCallException if it cannot be made
   */
  Handle create() throws WindowsCallException;

  /**
   * Makes a job for a process that runs others: they end with it, and may leave it for separate
   * jobs.
   *
   * @return the job
   * @throws WindowsCallException if it cannot be made
   */
  Handle createForRunner() throws WindowsCallException;

  /**
   * Adds a process to a job.
   *
   * @param job the job
   * @param process the process, still suspended
   * @throws WindowsCallException if it cannot be added
   */
  void add(Handle job, Handle process) throws WindowsCallException;

  /**
   * Sets limits.
   *
   * @param job the job
   * @param limits the limits
   * @throws WindowsCallException if they cannot be set
   */
  void limit(Handle job, JobLimits limits) throws WindowsCallException;

  /**
   * Reads limits back.
   *
   * @param job the job
   * @return the limits in force, as far as the system reports them
   * @throws WindowsCallException if they cannot be read
   */
  JobLimits limits(Handle job) throws WindowsCallException;

  /**
   * Returns whether a process belongs to a job.
   *
   * @param process the process
   * @param job the job
   * @return true if it does
   * @throws WindowsCallException if that cannot be found out
   */
  boolean contains(Handle process, Handle job) throws WindowsCallException;

  /**
   * Returns the number of a job's living processes.
   *
   * @param job the job
   * @return the number
   * @throws WindowsCallException if it cannot be read
   */
  int activeProcesses(Handle job) throws WindowsCallException;

  /**
   * The usage of a job's processes so far, ended processes included.
   *
   * @param cpuNanos their processor time, in nanoseconds
   * @param peakMemory the most bytes that all together had committed; 0 where the system does not
   *     count them
   */
  record Used(long cpuNanos, long peakMemory) {}

  /**
   * Returns the usage of a job.
   *
   * @param job the job
   * @return the usage
   * @throws WindowsCallException if it cannot be read
   */
  Used used(Handle job) throws WindowsCallException;

  /**
   * Ends every process of a job.
   *
   * @param job the job
   * @param exitCode their exit code
   * @throws WindowsCallException if they cannot be ended
   */
  void terminate(Handle job, int exitCode) throws WindowsCallException;
}
