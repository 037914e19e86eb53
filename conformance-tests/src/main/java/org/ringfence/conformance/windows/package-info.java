/** Cases of the Windows modes, with a probe that needs only a JVM. */
package org.ringfence.conformance.windows;
