/** The code that this JVM runs: which files and directories it comes from. */
package org.ringfence.policy.code;
