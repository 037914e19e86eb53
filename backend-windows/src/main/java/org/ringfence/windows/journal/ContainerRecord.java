package org.ringfence.windows.journal;

/**
 * The profile of an AppContainer that exists, or is about to exist, on this machine.
 *
 * @param name its name
 * @param pid the process that made it
 * @param processCreated when the process began
 */
public record ContainerRecord(String name, int pid, long processCreated) {}
