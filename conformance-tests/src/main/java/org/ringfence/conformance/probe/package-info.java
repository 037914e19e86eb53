/**
 * The program that cases run inside the sandbox: it tries one operation and says what came of it.
 * Self-contained but for JNA.
 */
package org.ringfence.conformance.probe;
