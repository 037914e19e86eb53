/** Messages as JSON. */
package org.ringfence.serve.json;
