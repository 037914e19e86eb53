/** What the command line prints as JSON. */
package org.ringfence.cli.json;
