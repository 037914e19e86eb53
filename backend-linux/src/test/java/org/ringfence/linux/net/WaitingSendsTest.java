package org.ringfence.linux.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxedProcess;
import org.ringfence.linux.SmallJvm;
import org.ringfence.policy.json.Presets;

/** Checks that sends to a full socket take a bounded part of a small JVM's memory. */
class WaitingSendsTest {
  private static final int PATIENCE_SECONDS = 120;

  /**
   * 400 processes send 200 000 bytes each, 80 MB in all, to one socket. The reader starts only when
   * all of them wait. It then receives each message once and complete.
   */
  private static final String SENDERS =
      """
      use strict; use Socket;
      my ($n, $size) = (400, 200_000);
      socket(my $in, AF_UNIX, SOCK_DGRAM, 0) or die "socket: $!";
      bind($in, pack_sockaddr_un("in")) or die "bind: $!";
      pipe(my $ready, my $tell) or die "pipe: $!";
      my @senders;
      for my $i (1 .. $n) {
        my $pid = fork // die "fork: $!";
        if (!$pid) {
          socket(my $out, AF_UNIX, SOCK_DGRAM, 0) or die "socket: $!";
          setsockopt($out, SOL_SOCKET, SO_SNDBUF, $size * 2);
          my $data = pack("N", $i) . chr($i % 256) x ($size - 4);
          syswrite($tell, "x");
          my $sent = send($out, $data, 0, pack_sockaddr_un("in"));
          defined $sent and $sent == $size or print "send: $!\\n";
          exit 0;
        }
        push @senders, $pid;
      }
      for (1 .. $n) {
        sysread($ready, my $byte, 1);
      }
      # From here a sender has nothing to wait for but its send; the first ones end.
      for my $pid (@senders) {
        while (open(my $stat, "<", "/proc/$pid/stat")) {
          my $state = (split / /, <$stat>)[2];
          last if $state eq "Z" or $state eq "S";
          select undef, undef, undef, 0.01;
        }
      }
      # Calls are answered in the order in which they come: by then every send has been seen.
      for (1 .. $n) {
        mkdir("made") or die "mkdir: $!";
        rmdir("made") or die "rmdir: $!";
      }
      syswrite(STDOUT, "waiting\\n");
      my %seen;
      for (1 .. $n) {
        my $data = "";
        defined recv($in, $data, $size + 1, 0) or die "recv: $!";
        my $i = unpack("N", $data);
        length($data) == $size or die "cut: " . length($data);
        substr($data, 4) eq chr($i % 256) x ($size - 4) or die "other data";
        $seen{$i}++;
      }
      1 while wait > 0;
      print keys(%seen) == $n ? "received all\\n" : "received " . keys(%seen) . "\\n";
      """;

  @TempDir private Path workspace;

  /** A JVM whose heap cannot hold all messages. */
  public static final class Host {
    private Host() {}

    /** Takes the workspace, the backend and the script. */
    public static void main(String[] args) throws Exception {
      try (Sandbox sandbox =
          Sandbox.opener(Presets.load("workspace-write"))
              .workspace(Path.of(args[0]))
              .backend(args[1])
              .open()) {
        SandboxedProcess process = sandbox.start(SandboxCommand.of("/usr/bin/perl", args[2]));
        process.getOutputStream().close();
        process.getInputStream().transferTo(System.out);
        process.getErrorStream().transferTo(System.out);
        System.out.println("exit " + process.waitFor());
      }
      System.exit(0);
    }
  }

  @Timeout(PATIENCE_SECONDS * 2)
  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void messagesOfManyWaitingSendersFitASmallHeapAndArrive(String backend) throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/perl")), "the senders need perl");
    SmallJvm.assumeAccepted(backend);
    Files.writeString(workspace.resolve("senders.pl"), SENDERS);
    List<String> said =
        new SmallJvm(Host.class, 40, PATIENCE_SECONDS)
            .run(workspace, backend, workspace.resolve("senders.pl").toString());
    assertThat(said).containsExactly("waiting", "received all", "exit 0");
  }
}
