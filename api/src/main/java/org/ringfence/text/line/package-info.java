/** Messages of one line each between this process and one other: how servers read and write. */
package org.ringfence.text.line;
