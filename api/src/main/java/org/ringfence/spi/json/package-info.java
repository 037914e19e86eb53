/** Records of messages as JSON, for backends whose parts talk to each other. */
package org.ringfence.spi.json;
