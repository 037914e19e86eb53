/**
 * Groups of cgroup v2 that limit commands and count what they use: in a delegated directory, or in
 * a scope that systemd's manager of this user makes.
 */
package org.ringfence.linux.cgroup;
