/** Messages of a remote channel as JSON. */
package org.ringfence.kit.remote.json;
