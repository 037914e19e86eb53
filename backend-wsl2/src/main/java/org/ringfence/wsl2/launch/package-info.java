/** Asks {@code wsl.exe} and the distributions that it knows. */
package org.ringfence.wsl2.launch;
