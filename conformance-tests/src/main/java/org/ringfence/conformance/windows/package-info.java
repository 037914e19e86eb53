/** Cases of the Windows modes, with a probe that needs nothing but a JVM. */
package org.ringfence.conformance.windows;
