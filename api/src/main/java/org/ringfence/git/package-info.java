/**
 * Git's own rules, as far as a sandbox needs them: what a configuration file says, which settings
 * name programs, what makes a directory a repository. No class here knows of policies.
 */
package org.ringfence.git;
