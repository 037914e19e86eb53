/** The search for a distribution and its features. */
package org.ringfence.wsl2.discovery;
