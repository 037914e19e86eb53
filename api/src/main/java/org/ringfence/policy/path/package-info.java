/** The paths of a machine: their syntax, their look-up, home directories and mounts. */
package org.ringfence.policy.path;
