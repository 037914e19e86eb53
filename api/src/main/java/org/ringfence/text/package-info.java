/** Text for people: escapes for untrusted text, and suggestions for unknown words. */
package org.ringfence.text;
