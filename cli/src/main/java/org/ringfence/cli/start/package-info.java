/** Prepares an installation, so that each start has less to do. */
package org.ringfence.cli.start;
