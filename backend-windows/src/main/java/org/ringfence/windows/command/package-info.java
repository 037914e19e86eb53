/** Commands, their jobs and their streams. */
package org.ringfence.windows.command;
