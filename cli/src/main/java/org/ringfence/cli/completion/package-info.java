/** Completions for shells, and the manual page. */
package org.ringfence.cli.completion;
