package org.ringfence.windows.system;

import java.util.Optional;

/** The files of a {@link FakeWindows}, as programs open them. */
final class FakeFiles implements Files {
  private final FakeWindows windows;

  FakeFiles(FakeWindows windows) {
    this.windows = windows;
  }

  @Override
  public Handle open(String path, boolean changing) throws WindowsCallException {
    windows.call(changing ? "CreateFileW(changing)" : "CreateFileW");
    return windows.handle(windows.found(path));
  }

  @Override
  public Handle openOwned(String path) throws WindowsCallException {
    windows.call("CreateFileW(owner)");
    return windows.handle(windows.found(path));
  }

  @Override
  public Handle openMoved(String volume, String fileId) throws WindowsCallException {
    windows.call("OpenFileById");
    Optional<FakeFile> inTree = windows.tree.flatMap(tree -> tree.find(file -> has(file, fileId)));
    Optional<FakeFile> found =
        inTree.or(
            () ->
                windows.files.values().stream()
                    .filter(file -> has(file, fileId))
                    .filter(file -> windows.tree.filter(tree -> tree.covers(file.path)).isEmpty())
                    .findFirst());
    return windows.handle(
        found.orElseThrow(
            () -> new WindowsCallException("OpenFileById", WindowsError.INVALID_PARAMETER.code())));
  }

  private static boolean has(FakeFile file, String fileId) {
    return FakeDescriptors.fileFacts(file).fileId().equals(fileId);
  }

  @Override
  public FileFacts facts(Handle file) throws WindowsCallException {
    windows.call("GetFileInformationByHandle");
    return FakeDescriptors.fileFacts(windows.object(file, FakeFile.class));
  }

  @Override
  public VolumeFacts volume(String path) throws WindowsCallException {
    windows.call("GetVolumeInformationW");
    return windows.volumes.getOrDefault(
        path.substring(0, 1), new VolumeFacts(path.substring(0, 3), "NTFS", true, false));
  }

  @Override
  public Handle openStream(String path, boolean writing, boolean appending)
      throws WindowsCallException {
    windows.call("CreateFileW(stream)");
    return windows.handle("stream " + path);
  }
}
