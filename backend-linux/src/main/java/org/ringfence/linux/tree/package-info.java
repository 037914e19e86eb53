/**
 * What this JVM does to directory trees as the user, by descriptors and without following links.
 */
package org.ringfence.linux.tree;
