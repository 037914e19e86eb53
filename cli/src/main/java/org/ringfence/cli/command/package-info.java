/** The commands of the command line. */
package org.ringfence.cli.command;
