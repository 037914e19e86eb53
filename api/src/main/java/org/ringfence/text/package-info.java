/** Escapes untrusted text for a terminal, a log line or a report. */
package org.ringfence.text;
