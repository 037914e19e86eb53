/** Changes that the user looks at and agrees to. */
package org.ringfence.cli.confirm;
