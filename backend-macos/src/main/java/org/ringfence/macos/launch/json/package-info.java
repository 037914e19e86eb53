/** The log of macOS, which is JSON. */
package org.ringfence.macos.launch.json;
