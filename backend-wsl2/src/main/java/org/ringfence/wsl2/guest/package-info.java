/** What runs inside the distribution: Ringfence's Linux sandbox, asked over its own streams. */
package org.ringfence.wsl2.guest;
