package org.ringfence.property;

/** An input of any type, in a type that Instancio knows. */
record Drawn<T>(T input) {}
