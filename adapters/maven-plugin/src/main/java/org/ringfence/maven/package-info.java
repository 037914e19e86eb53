/** Goals of Maven that run commands of a build in a sandbox. */
package org.ringfence.maven;
