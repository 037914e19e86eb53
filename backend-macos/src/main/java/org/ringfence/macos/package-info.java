/** macOS: Seatbelt through sandbox-exec. */
package org.ringfence.macos;
