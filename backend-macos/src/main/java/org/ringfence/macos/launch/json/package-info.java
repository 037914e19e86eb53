/** What the log of macOS tells, which is JSON. */
package org.ringfence.macos.launch.json;
