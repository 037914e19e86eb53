/** The start of a sandboxed command, with its prompts and its result. */
package org.ringfence.cli.run;
