package org.ringfence.policy.effective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.value.InvalidPolicyException;

@DisabledOnOs(value = OS.WINDOWS, disabledReason = "rules about unix sockets have POSIX paths")
class NamedSocketsTest {
  @TempDir Path directory;

  private EffectivePolicy policyNaming(String path) throws IOException {
    Path workspace = Files.createDirectories(directory.toRealPath().resolve("ws"));
    return EffectivePolicy.of(
        SandboxPolicy.builder().write(":workspace").unixSocket(path).build(),
        PathContext.current(workspace));
  }

  @Test
  void ruleThroughLinkNamesTheLinkTarget() throws IOException {
    Path real = Files.createDirectory(directory.toRealPath().resolve("run"));
    Path link = Files.createSymbolicLink(directory.toRealPath().resolve("var-run"), real);
    NamedSockets sockets = NamedSockets.of(policyNaming(link + "/x.sock"));
    assertThat(sockets.include(real + "/x.sock")).isTrue();
    assertThat(sockets.include(link + "/x.sock")).isFalse();
    assertThat(sockets.includesAll()).isFalse();
  }

  @Test
  void ruleOnSocketIsAcceptedAndOnOtherFileRejected() throws IOException {
    Path place = Files.createDirectory(directory.toRealPath().resolve("run"));
    Path socket = place.resolve("x.sock");
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(socket));
      assertThat(NamedSockets.of(policyNaming(socket.toString())).paths())
          .containsExactly(socket.toString());
    }
    Files.writeString(place.resolve("file"), "");
    for (Path wrong : new Path[] {place, place.resolve("file")}) {
      assertThatThrownBy(() -> policyNaming(wrong.toString()))
          .isInstanceOf(InvalidPolicyException.class)
          .hasMessageContaining("network.unixSockets")
          .hasMessageContaining(wrong.toString());
    }
  }

  @Test
  void relativeOrDottedSocketPathIsRejected() {
    for (String wrong : new String[] {"run/x.sock", "/run/../x.sock", "/./x.sock", ""}) {
      assertThatThrownBy(() -> SandboxPolicy.builder().unixSocket(wrong).build())
          .isInstanceOf(InvalidPolicyException.class)
          .hasMessageContaining("/run/docker.sock");
    }
  }

  @Test
  void redundantSlashesAreRemoved() {
    assertThat(SandboxPolicy.builder().unixSocket("//run//x.sock/").build().network().unixSockets())
        .containsExactly("/run/x.sock");
    assertThat(SandboxPolicy.builder().unixSocket("/").build().network().unixSockets())
        .containsExactly("/");
  }

  @Test
  void missingSocketInWritableDirectoryIsRejected() throws IOException {
    Path workspace = Files.createDirectories(directory.toRealPath().resolve("ws"));
    assertThatThrownBy(() -> policyNaming(workspace + "/later.sock"))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining("a socket that exists");
  }
}
