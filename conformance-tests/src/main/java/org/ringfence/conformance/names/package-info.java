/** Cases on names that the supervisor decides on in few steps. */
package org.ringfence.conformance.names;
