package org.ringfence.windows.system;

/**
 * A volume.
 *
 * @param root its mount point, such as {@code C:\}
 * @param fileSystem the name of its file system
 * @param keepsLists whether files on it have access control lists ({@code FILE_PERSISTENT_ACLS})
 * @param remote whether it belongs to another machine
 */
public record VolumeFacts(String root, String fileSystem, boolean keepsLists, boolean remote) {}
