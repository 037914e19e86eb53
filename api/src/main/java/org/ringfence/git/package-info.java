/**
 * Git's rules, as far as a sandbox needs them: the syntax of configuration files, the settings that
 * name programs, the layout of repositories. No class here knows policies.
 */
package org.ringfence.git;
