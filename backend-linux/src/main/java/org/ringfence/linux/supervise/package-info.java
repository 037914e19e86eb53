/**
 * Answers the system calls that the seccomp filter holds, keeps the time of commands, and notices
 * their ends. The <em>supervisor</em> is an unrestricted thread. It sees a command through {@link
 * org.ringfence.linux.supervise.SupervisedCommand} alone, and passes a call that the policy decides
 * to {@code files} or {@code net}.
 */
package org.ringfence.linux.supervise;
