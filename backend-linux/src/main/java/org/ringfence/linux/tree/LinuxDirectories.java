package org.ringfence.linux.tree;

import java.io.IOException;
import java.nio.file.Path;
import org.ringfence.file.HeldDirectories;
import org.ringfence.linux.bind.Constants;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.plan.Syscall;

/** Opens directories of Linux, component by component, so that no link is followed. */
public final class LinuxDirectories implements HeldDirectories {
  private final TreeCalls calls;

  /**
   * Makes the opener on a kernel.
   *
   * @param kernel the system calls
   */
  public LinuxDirectories(Kernel kernel) {
    this.calls = new TreeCalls(kernel);
  }

  @Override
  public LinuxDirectory open(Path path) throws IOException {
    int at = calls.openAt(Constants.AT_FDCWD, "/", Constants.O_PATH | calls.directory(), 0);
    int last = path.getNameCount() - 1;
    for (int i = 0; i <= last; i++) {
      int above = at;
      try {
        at =
            calls.openAt(
                above,
                TreeCalls.raw(path.getName(i).toString()),
                (i == last ? Constants.O_RDONLY : Constants.O_PATH)
                    | calls.directory()
                    | calls.noFollow(),
                0);
      } finally {
        calls.close(above);
      }
    }
    return new LinuxDirectory(calls, at);
  }

  TreeCalls calls() {
    return calls;
  }

  @Override
  public int user() {
    return (int) calls.kernel().call(Syscall.GETEUID);
  }
}
