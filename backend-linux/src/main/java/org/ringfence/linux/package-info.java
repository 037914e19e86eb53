/** The Linux backends. */
package org.ringfence.linux;
