/** Cases of macOS only: the doubts that measurements on real Macs have to settle. */
package org.ringfence.conformance.macos;
