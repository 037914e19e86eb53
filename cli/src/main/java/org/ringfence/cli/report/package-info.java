/** Text about denials, refusals, remedies and failures, and the exit codes. */
package org.ringfence.cli.report;
