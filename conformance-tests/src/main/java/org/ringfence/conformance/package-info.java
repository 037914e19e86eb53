/**
 * The conformance suite: what every backend is held to, as a library. {@link
 * org.ringfence.conformance.ConformanceSuite} runs it against a backend; a backend's author adds
 * one test class, a user runs {@code ringfence verify}.
 */
package org.ringfence.conformance;
