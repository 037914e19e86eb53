/**
 * The cases that run several steps, and the cases that are data, by the subject of their claims.
 */
package org.ringfence.conformance.scenario;
