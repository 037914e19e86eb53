package org.ringfence.linux.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.SandboxException;
import org.ringfence.linux.bind.Constants;
import org.ringfence.linux.bind.Descriptors;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.path.HandedDescriptors;
import org.ringfence.linux.path.PathResolver;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.plan.FileView;
import org.ringfence.linux.plan.Supervision;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.stream.StreamGate.Way;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.PathContext;

/** Checks how commands get the descriptors that the caller hands in. */
class StreamGateTest {
  private static final int SOCK_DGRAM = 2;

  @TempDir private Path directory;
  private final Kernel kernel = new Kernel(Arch.current().orElseThrow());
  private final Descriptors descriptors = new Descriptors(kernel);
  private Path workspace;
  private Path elsewhere;

  @BeforeEach
  void createFiles() throws Exception {
    workspace = Files.createDirectory(directory.toRealPath().resolve("workspace"));
    elsewhere = Files.createDirectory(directory.toRealPath().resolve("elsewhere"));
    for (Path each : new Path[] {workspace, elsewhere}) {
      Files.writeString(each.resolve("file"), "text");
    }
  }

  @AfterEach
  void assertNoFileIsOpen() throws Exception {
    try (var open = Files.list(Path.of("/proc/self/fd"))) {
      assertThat(
              open.filter(
                  each -> {
                    try {
                      return Files.readSymbolicLink(each).startsWith(directory);
                    } catch (java.io.IOException e) {
                      return false;
                    }
                  }))
          .isEmpty();
    }
  }

  private StreamGate gate(boolean namespaces, boolean names) {
    SandboxPolicy policy =
        Presets.load("workspace-write").toBuilder().fileDefault(FileDefault.MINIMAL).build();
    EffectivePolicy effective = EffectivePolicy.of(policy, PathContext.current(workspace));
    FileView view =
        namespaces
            ? new FileView(Optional.of("/private"), true, true, effective)
            : FileView.ofHost(effective);
    Supervision supervision =
        new Supervision(
            true,
            true,
            names,
            false,
            false,
            false,
            namespaces,
            false,
            namespaces,
            Supervision.Signals.NONE);
    return new StreamGate(kernel, view, supervision, new PathResolver(kernel), false);
  }

  private Way way(StreamGate gate, Path file, int flags, int number) throws Exception {
    int fd = descriptors.open(file.toString(), flags, 0600);
    try {
      return gate.way(fd, number);
    } finally {
      descriptors.close(fd);
    }
  }

  @Test
  void directoryIsRefusedWhereMountsHideItsSiblings() throws Exception {
    for (int flags : new int[] {Constants.O_RDONLY, Constants.O_PATH}) {
      assertThatThrownBy(() -> way(gate(true, true), workspace, flags, 0))
          .isInstanceOf(SandboxException.class)
          .hasMessageContaining("standard input");
    }
    assertThatThrownBy(() -> way(gate(true, true), workspace.resolve("file"), Constants.O_PATH, 0))
        .isInstanceOf(SandboxException.class);
    assertThat(way(gate(false, true), workspace, Constants.O_RDONLY, 0)).isEqualTo(Way.AS_IT_IS);
  }

  @Test
  void appendingStreamIsCopied() throws Exception {
    int append = Constants.O_WRONLY | Constants.O_APPEND;
    for (boolean namespaces : new boolean[] {true, false}) {
      assertThat(way(gate(namespaces, true), workspace.resolve("file"), append, 1))
          .isEqualTo(Way.COPIED);
    }
  }

  @Test
  void outputIsCopiedIfItsPathIsHidden() throws Exception {
    StreamGate gate = gate(true, true);
    assertThat(way(gate, elsewhere.resolve("file"), Constants.O_WRONLY, 1)).isEqualTo(Way.COPIED);
    // A rule for a path below /tmp shows the host's file.
    assertThat(way(gate, workspace.resolve("file"), Constants.O_WRONLY, 1)).isEqualTo(Way.AS_IT_IS);
    assertThat(way(gate, elsewhere.resolve("file"), Constants.O_RDWR, 1)).isEqualTo(Way.AS_IT_IS);
    assertThat(way(gate, Path.of("/dev/null"), Constants.O_WRONLY, 1)).isEqualTo(Way.AS_IT_IS);
  }

  @Test
  void inputIsCopiedOnlyWithoutDecisionsOnNames() throws Exception {
    Path file = elsewhere.resolve("file");
    assertThat(way(gate(true, true), file, Constants.O_RDONLY, 0)).isEqualTo(Way.AS_IT_IS);
    assertThat(way(gate(true, false), file, Constants.O_RDONLY, 0)).isEqualTo(Way.COPIED);
    assertThat(way(gate(false, false), file, Constants.O_RDONLY, 0)).isEqualTo(Way.AS_IT_IS);
  }

  @Test
  void unixStreamSocketIsCopiedAndADatagramSocketRefused() throws Exception {
    assertThat(socket(Constants.SOCK_STREAM, gate(true, true))).isEqualTo(Way.COPIED);
    assertThat(socket(Constants.SOCK_STREAM, gate(false, true))).isEqualTo(Way.AS_IT_IS);
    assertThatThrownBy(() -> socket(SOCK_DGRAM, gate(true, true)))
        .isInstanceOf(SandboxException.class)
        .hasMessageContaining("unix socket");
  }

  private Way socket(int type, StreamGate gate) throws Exception {
    try (NativeBlock block = new NativeBlock(32)) {
      long pair = block.allocate(8);
      kernel.call(Syscall.SOCKETPAIR, Constants.AF_UNIX, type, 0, pair);
      try {
        return gate.way(block.getInt(pair), 0);
      } finally {
        descriptors.close(block.getInt(pair));
        descriptors.close(block.getInt(pair + 4));
      }
    }
  }

  @Test
  void closedDescriptorIsPassedAsItIs() throws Exception {
    int fd = descriptors.open(workspace.resolve("file").toString(), Constants.O_RDONLY, 0);
    descriptors.close(fd);
    assertThat(gate(true, true).way(fd, 0)).isEqualTo(Way.AS_IT_IS);
  }

  @Test
  void descriptorGrantsOnlyItsOwnMode() throws Exception {
    HandedDescriptors handed = new HandedDescriptors(kernel);
    int read = descriptors.open(workspace.resolve("file").toString(), Constants.O_RDONLY, 0);
    int append =
        descriptors.open(
            workspace.resolve("file").toString(), Constants.O_WRONLY | Constants.O_APPEND, 0);
    try {
      assertThat(handed.gives(read, Constants.O_RDONLY)).isTrue();
      assertThat(handed.gives(read, Constants.O_RDONLY | Constants.O_TRUNC)).isFalse();
      assertThat(handed.gives(read, Constants.O_RDWR)).isFalse();
      assertThat(handed.gives(append, Constants.O_RDONLY)).isFalse();
      assertThat(handed.gives(append, Constants.O_WRONLY)).isFalse();
      assertThat(handed.gives(append, Constants.O_WRONLY | Constants.O_APPEND)).isTrue();
      assertThat(handed.gives(append, Constants.O_WRONLY | Constants.O_APPEND | Constants.O_TRUNC))
          .isFalse();
    } finally {
      descriptors.close(read);
      descriptors.close(append);
    }
  }
}
