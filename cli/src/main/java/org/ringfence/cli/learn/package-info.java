/** Learning a policy from denials: the questions on the terminal and the summary. */
package org.ringfence.cli.learn;
