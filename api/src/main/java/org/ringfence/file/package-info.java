/**
 * Files and directories that stay the same while a program reads them: held directories, trees, and
 * programs that only root can change. For Ringfence itself.
 */
package org.ringfence.file;
