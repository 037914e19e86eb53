/** Open sandboxes: their parts, their running commands and their egress proxy. */
package org.ringfence.kit.session;
