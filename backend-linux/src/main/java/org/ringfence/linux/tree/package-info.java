/**
 * Operations on directory trees that this JVM does as the user, by descriptors and without
 * following links.
 */
package org.ringfence.linux.tree;
