/** Programs in a distribution, and the interface of its sandboxes. */
package org.ringfence.wsl2.distribution;
