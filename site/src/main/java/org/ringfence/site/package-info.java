/** Makes the site of the project: plain HTML from its Markdown and from the schema of policies. */
package org.ringfence.site;
