/** An executor of Apache Commons Exec whose commands run in a sandbox. */
package org.ringfence.commonsexec;
