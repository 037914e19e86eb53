/** Jackson settings for text that people read. */
package org.ringfence.text.json;
