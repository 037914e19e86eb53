/** Windows: the Linux sandbox inside a WSL2 distribution. */
package org.ringfence.wsl2;
