/** The process inside the distribution: Ringfence's Linux sandbox, controlled over its streams. */
package org.ringfence.wsl2.guest;
