package org.ringfence.event;

/**
 * The numbers of events that a listener did not receive, because it was too slow.
 *
 * @param violations denials, including repetitions of a reported one
 * @param commands programs that were executed
 * @param connections decisions about connections
 */
public record DroppedEvents(long violations, long commands, long connections) {}
