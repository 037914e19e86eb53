/** Files from which a person starts Windows Sandbox. */
package org.ringfence.windows.wsb;
