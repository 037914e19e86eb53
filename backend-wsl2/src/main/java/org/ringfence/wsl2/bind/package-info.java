/** Native calls to Windows. */
package org.ringfence.wsl2.bind;
