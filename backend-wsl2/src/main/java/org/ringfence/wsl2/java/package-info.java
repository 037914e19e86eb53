/** Sandboxes by a guest of Java in the distribution. */
package org.ringfence.wsl2.java;
