/** Sandboxes by scripts, in a distribution without Java. */
package org.ringfence.wsl2.script;
