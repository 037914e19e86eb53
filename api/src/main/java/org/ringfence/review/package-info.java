/**
 * Reviews: a command runs on a copy of the workspace, and the caller then commits or discards the
 * changes.
 */
package org.ringfence.review;
