/** The decisions on hosts, and the clients that they hold for. */
package org.ringfence.egress.decision;
