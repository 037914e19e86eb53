/** The command line. Every subcommand is a thin layer over the API. */
package org.ringfence.cli;
