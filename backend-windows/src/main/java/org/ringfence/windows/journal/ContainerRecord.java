package org.ringfence.windows.journal;

/**
 * The profile of an AppContainer that is, or is about to be, on this machine.
 *
 * @param name its name
 * @param pid the process that made it
 * @param processCreated when that process began
 */
public record ContainerRecord(String name, int pid, long processCreated) {}
