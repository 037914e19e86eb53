/** What WSL says, what paths are called on its other side, and which doors lead back. Pure. */
package org.ringfence.wsl2.plan;
