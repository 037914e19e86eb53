/** The output of WSL, the names of paths on its other side, and the doors that lead back. Pure. */
package org.ringfence.wsl2.plan;
