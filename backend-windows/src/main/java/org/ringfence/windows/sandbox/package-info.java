/** Opens sandboxes: sets the entries of a plan, confines, and undoes what a crash has left. */
package org.ringfence.windows.sandbox;
