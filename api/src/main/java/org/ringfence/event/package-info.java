/** What happened inside a sandbox, as structured events. */
package org.ringfence.event;
