/**
 * Resolves the names that sandboxed threads pass, once, to descriptors of this JVM, and decides on
 * them: law 1 is that a decision judges the object and not the text.
 */
package org.ringfence.linux.path;
