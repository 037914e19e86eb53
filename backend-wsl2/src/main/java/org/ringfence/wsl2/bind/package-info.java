/** What Windows is asked for by native calls. */
package org.ringfence.wsl2.bind;
