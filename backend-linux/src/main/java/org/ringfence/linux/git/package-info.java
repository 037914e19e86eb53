/** Lets git write its configuration and pointers, as copies that no command has open. */
package org.ringfence.linux.git;
