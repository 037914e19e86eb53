/** The caller's terminal: its mode, its width and its colours. */
package org.ringfence.cli.terminal;
