package org.ringfence.property;

/** Wraps an input of any type in a type that Instancio can create. */
record Drawn<T>(T input) {}
