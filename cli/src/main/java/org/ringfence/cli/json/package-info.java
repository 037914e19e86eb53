/** The JSON output of the command line. */
package org.ringfence.cli.json;
