/** Running a command on a copy of the workspace, and deciding afterwards what becomes of it. */
package org.ringfence.review;
