package org.ringfence.event;

/**
 * How many events were not told to a listener, because it was slower than the command made them.
 *
 * @param violations denials, those among them that were the same as one that was told
 * @param commands programs that were executed
 * @param connections decisions about connections
 */
public record DroppedEvents(long violations, long commands, long connections) {}
