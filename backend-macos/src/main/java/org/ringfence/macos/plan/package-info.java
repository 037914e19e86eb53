/** Policies as Seatbelt profiles, and what they hold: pure, the same on every system. */
package org.ringfence.macos.plan;
