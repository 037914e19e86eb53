/** What a backend would enforce of a policy on this machine, by what, and what it would not. */
package org.ringfence.plan;
