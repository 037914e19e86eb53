/** Policies as Seatbelt profiles, and their guarantees: pure, the same on every system. */
package org.ringfence.macos.plan;
