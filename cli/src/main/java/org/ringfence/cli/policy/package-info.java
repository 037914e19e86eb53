/** The policy options, the policy files of projects, and the state that the command line keeps. */
package org.ringfence.cli.policy;
