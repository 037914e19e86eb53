/** The environment variables that a caller gave to this process. */
package org.ringfence.environment;
