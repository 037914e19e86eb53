package org.ringfence.linux.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.ringfence.linux.bind.Constants.AT_FDCWD;
import static org.ringfence.linux.bind.Constants.LOCK_EX;
import static org.ringfence.linux.bind.Constants.LOCK_NB;
import static org.ringfence.linux.bind.Constants.LOCK_UN;
import static org.ringfence.linux.bind.Constants.O_CLOEXEC;

import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxedProcess;
import org.ringfence.linux.BubblewrapBackend;
import org.ringfence.linux.LandlockBackend;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;

/**
 * Checks that a command gets shared locks on a read-only file, and no exclusive lock. A shared lock
 * can still block a program that wants an exclusive one; it ends with the command.
 */
class SharedLocksTest {
  private static final String LOCKS =
      """
      use strict; use Fcntl qw(:flock :DEFAULT);
      $| = 1;
      open(my $file, "<", $ARGV[0]) or die "open: $!";
      print "alone: ", (flock($file, LOCK_EX | LOCK_NB) ? "locked" : "refused"), "\\n";
      print "shared: ", (flock($file, LOCK_SH | LOCK_NB) ? "locked" : "refused $!"), "\\n";
      <STDIN>;
      """;

  private final Kernel kernel = new Kernel(Arch.current().orElseThrow());
  @TempDir private Path outside;
  @TempDir private Path workspace;

  private long tryExclusiveLock(Path file) {
    try (NativeBlock block = new NativeBlock(8192)) {
      long fd = kernel.call(Syscall.OPENAT, AT_FDCWD, block.string(file.toString()), O_CLOEXEC, 0);
      long result = kernel.call(Syscall.FLOCK, fd, LOCK_EX | LOCK_NB);
      kernel.call(Syscall.FLOCK, fd, LOCK_UN);
      kernel.call(Syscall.CLOSE, fd);
      return result;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void readerGetsSharedLocksButNoExclusiveLock(String backend) throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/perl")), "the command needs perl");
    Path file = Files.writeString(outside.resolve("file"), "");
    SandboxPolicy policy =
        SandboxPolicy.builder().write(":workspace").read(outside.toString()).build();
    var plan =
        (backend.equals("landlock") ? new LandlockBackend() : new BubblewrapBackend())
            .plan(EffectivePolicy.of(policy, PathContext.current()));
    assumeTrue(plan.acceptable(), () -> "refused here: " + plan.unmet());
    Path script = Files.writeString(workspace.resolve("locks.pl"), LOCKS);
    assertThat(tryExclusiveLock(file)).as("control").isZero();
    try (Sandbox sandbox = Sandbox.opener(policy).workspace(workspace).backend(backend).open()) {
      SandboxedProcess process =
          sandbox.start(SandboxCommand.of("/usr/bin/perl", script.toString(), file.toString()));
      BufferedReader said = process.inputReader(StandardCharsets.UTF_8);
      assertThat(said.readLine()).isEqualTo("alone: refused");
      assertThat(said.readLine()).isEqualTo("shared: locked");
      assertThat(tryExclusiveLock(file))
          .as("while the command holds a shared lock")
          .isEqualTo(-Errno.EAGAIN.value());
      process.getOutputStream().close();
      process.waitFor();
      assertThat(tryExclusiveLock(file)).as("after the end of the command").isZero();
    }
  }
}
