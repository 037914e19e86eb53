/** Reports the events of commands to the listener. */
package org.ringfence.linux.report;
