/**
 * The conformance suite for every backend, as a library. {@link
 * org.ringfence.conformance.ConformanceSuite} runs it against a backend; a backend's author adds
 * one test class, a user runs {@code ringfence verify}.
 */
package org.ringfence.conformance;
