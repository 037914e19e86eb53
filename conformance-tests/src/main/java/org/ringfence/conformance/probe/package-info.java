/**
 * The program that cases run inside the sandbox: it tries one operation and reports its result.
 * Self-contained except for JNA.
 */
package org.ringfence.conformance.probe;
