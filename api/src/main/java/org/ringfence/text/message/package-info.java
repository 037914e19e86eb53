/** What messages name: the nearest known word and the version of a build. */
package org.ringfence.text.message;
