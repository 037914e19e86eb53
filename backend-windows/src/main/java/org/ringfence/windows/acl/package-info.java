/**
 * Windows' access control as values: security identifiers, access control lists, and a model of the
 * access check. Pure.
 */
package org.ringfence.windows.acl;
