/** The command line. Every subcommand is a few lines over the API. */
package org.ringfence.cli;
