package org.ringfence.conformance.scenario;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.conformance.probe.NativeCalls;
import org.ringfence.conformance.stage.CapturedProcess;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.conformance.stage.ConformanceCase.Body;
import org.ringfence.conformance.stage.NotShownException;
import org.ringfence.conformance.stage.Outcome;
import org.ringfence.conformance.stage.TestContext;
import org.ringfence.policy.SandboxPolicy;

/**
 * The supervisor is not seen: messages and connections carry the process that made them, and a
 * process that closes itself to others works as before. What makes that possible gives a command
 * nothing more. The programs are in Perl, since a JVM has many threads.
 */
public final class CredentialScenarios {
  private static final String GROUP = "supervisor";
  private static final String ROUNDS = "300";

  /** System calls with their structures ({@code struct msghdr}, {@code cmsghdr}, {@code ucred}). */
  private static final String CALLS =
      """
      use strict; use warnings; use Socket; use POSIX ();
      my $arm = (POSIX::uname())[4] eq "aarch64";
      my ($SEND, $RECEIVE, $CLONE, $PRCTL) = $arm ? (211, 212, 220, 167) : (46, 47, 56, 157);
      my ($PASSCRED, $PEERCRED, $SEQPACKET) = (16, 17, 5);
      sub place { unpack("Q", pack("P", $_[0])) }
      sub room { my $bytes = ""; vec($bytes, $_[0] - 1, 8) = 0; $bytes }
      sub message {
        my ($call, $fd, $data, $control, $name) = @_;
        my $vector = pack("Q Q", place($$data), length $$data);
        my $header = pack("Q L x4 Q Q Q Q l x4", length $$name ? place($$name) : 0, length $$name,
            place($vector), 1, length $$control ? place($$control) : 0, length $$control, 0);
        my $bytes = syscall($call, $fd, $header, 0);
        return ($bytes, unpack("x40 Q", $header));
      }
      """;

  private static final String MESSAGES =
      CALLS
          + """
          my $none = ""; my $right = 0;
          for my $type (SOCK_STREAM, $SEQPACKET) {
            for my $how ("plain", "own", "descriptor") {
              socketpair(my $from, my $to, AF_UNIX, $type, 0) or die "pair: $!";
              setsockopt($to, SOL_SOCKET, $PASSCRED, 1) or die "option: $!";
              my $child = fork();
              if (!$child) {
                my $data = "x";
                my $control = $how eq "own"
                    ? pack("Q l l l L L x4", 28, 1, 2, $$, $< + 0, ($( + 0))
                    : $how eq "descriptor" ? pack("Q l l l x4", 20, 1, 1, 0) : "";
                my ($bytes) = message($SEND, fileno($from), \\$data, \\$control, \\$none);
                POSIX::_exit($bytes == 1 ? 0 : 1);
              }
              waitpid($child, 0); die "sending $how: $?" if $?;
              my ($data, $control) = (room(8), room(128));
              my ($bytes, $length) = message($RECEIVE, fileno($to), \\$data, \\$control, \\$none);
              my $sender = -1;
              for (my $at = 0; $at + 16 <= $length; ) {
                my ($size, $level, $kind, $process) = unpack("x$at Q l l l", $control);
                $sender = $process if $level == 1 && $kind == 2;
                $at += ($size + 7) & ~7;
              }
              die "$how on type $type came from $sender, not $child" if $sender != $child;
              $right++;
            }
          }
          print "RESULT OK $right\\n";
          """;

  private static final String PEERS =
      CALLS
          + """
          my $name = sockaddr_un("peer.sock"); unlink "peer.sock";
          socket(my $server, AF_UNIX, SOCK_STREAM, 0) or die "socket: $!";
          bind($server, $name) or die "bind: $!"; listen($server, 1) or die "listen: $!";
          my $own = $$; my $child = fork();
          if (!$child) {
            socket(my $client, AF_UNIX, SOCK_STREAM, 0); connect($client, $name) or die "connect: $!";
            my ($peer) = unpack("l", getsockopt($client, SOL_SOCKET, $PEERCRED));
            sysread($client, my $end, 1);
            POSIX::_exit($peer == $own ? 0 : 1);
          }
          accept(my $accepted, $server) or die "accept: $!";
          my ($peer) = unpack("l", getsockopt($accepted, SOL_SOCKET, $PEERCRED));
          close $accepted; waitpid($child, 0);
          print "RESULT OK client ", ($peer == $child ? "right" : "wrong"),
              " server ", ($? ? "wrong" : "right"), "\\n";
          """;

  /** Gives up being dumpable, then changes files, also in a child; an argument is outside. */
  private static final String CLOSED_PROCESS =
      CALLS
          + """
          syscall($PRCTL, 4, 0, 0, 0, 0) == 0 or die "prctl: $!";
          for my $round (1, 2) {
            open(my $file, ">", "made") or die "create: $!"; close $file;
            rename("made", "renamed") or die "rename: $!"; chmod(0600, "renamed") or die "chmod: $!";
            mkdir("directory") or die "mkdir: $!"; rmdir("directory") or die "rmdir: $!";
            socket(my $server, AF_UNIX, SOCK_STREAM, 0); bind($server, sockaddr_un("closed.sock"))
                or die "bind: $!";
            unlink("closed.sock") or die "unlink: $!"; unlink("renamed") or die "unlink: $!";
            last if $round == 2;
            my $child = fork(); if ($child) { waitpid($child, 0); exit($? >> 8) if $?; exit 0 }
          }
          my $made = open(my $file, ">", $ARGV[0]); my $why = $! + 0;
          print $made ? "RESULT OK 1\\n" : "RESULT DENIED $why\\n";
          """;

  /**
   * Two processes with one table: the child exchanges a connected socket for a datagram socket, by
   * which the parent sends to an address. Arguments: the address (a path or a port), rounds.
   */
  private static final String SHARED_TABLE =
      CALLS
          + """
          my ($to, $rounds) = @ARGV; my $path = $to =~ m{^/};
          my $address = $path ? sockaddr_un($to) : sockaddr_in($to, inet_aton("127.0.0.1"));
          socketpair(my $one, my $other, AF_UNIX, $SEQPACKET, 0) or die "pair: $!";
          socket(my $datagram, $path ? AF_UNIX : AF_INET, SOCK_DGRAM, 0) or die "socket: $!";
          my $number = POSIX::dup(fileno($one));
          my $parent = $$;
          my $child = syscall($CLONE, 0x400 | 17, 0, 0, 0, 0);
          die "clone: $!" if $child < 0;
          if (!$child) {
            while (POSIX::getppid() == $parent) {
              POSIX::dup2(fileno($datagram), $number); POSIX::dup2(fileno($one), $number);
            }
            POSIX::_exit(0);
          }
          $other->blocking(0);
          my ($taken, $others) = (0, 0);
          for (my $i = 0; $i < $rounds || !$taken || !$others; $i++) {
            my ($data, $none) = ("attempt", "");
            message($SEND, $number, \\$data, \\$none, \\$address);
            if (sysread($other, my $came, 16)) { $taken++ } else { $others++ }
          }
          kill("KILL", $child); waitpid($child, 0);
          print "RESULT OK $taken\\n";
          """;

  private CredentialScenarios() {}

  public static void addTo(List<ConformanceCase> all) {
    add(
        all,
        "SV-CREDENTIALS",
        "a message on a connected unix socket says which process of the command sent it",
        List.of(),
        stage -> equal(stage, MESSAGES, "OK 6", "OK 6"));
    add(
        all,
        "SV-PEER",
        "a connection on a unix socket says which processes of the command made it",
        List.of(),
        stage ->
            equal(
                stage,
                PEERS,
                "OK client right server right",
                // In a namespace of processes this JVM, which connects, has no number.
                stage.backend().info().id().equals("bubblewrap")
                    ? "OK client wrong server right"
                    : "OK client right server right"));
    add(
        all,
        "SV-CLOSED-PROCESS",
        "a process that closes itself to others changes only permitted files",
        List.of("files.write"),
        CredentialScenarios::closedProcess);
    add(
        all,
        "SV-RACE-SEND",
        "a descriptor that a thread exchanges while it sends reaches no service of the host",
        List.of("network.unix-sockets"),
        stage -> unreached(stage, to -> stage.posix().probe(List.of("race-send", to, ROUNDS))));
    add(
        all,
        "SV-RACE-TABLE",
        "a process that shares its descriptors with another reaches no service of the host",
        List.of("network.unix-sockets"),
        stage -> unreached(stage, to -> perl(SHARED_TABLE, stage.posix().expand(to), ROUNDS)));
  }

  private static void add(
      List<ConformanceCase> all, String id, String title, List<String> needs, Body body) {
    all.add(
        new ConformanceCase(
            id,
            GROUP,
            title,
            needs,
            stage -> {
              NativeCalls.onlyLinux("a supervisor of system calls");
              stage.posix().reset();
              Outcome result = body.run(stage);
              stage.posix().reset();
              return result;
            }));
  }

  private static List<String> perl(String script, String... arguments) {
    List<String> command = new ArrayList<>(List.of("perl", "-MIO::Handle", "-e", script));
    command.addAll(List.of(arguments));
    return command;
  }

  private static CapturedProcess outside(TestContext stage, List<String> command) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(command);
    try {
      return CapturedProcess.of(builder.directory(stage.posix().workspace().toFile()).start());
    } catch (java.io.IOException e) {
      throw NotShownException.skipped("there is no " + command.get(0) + " here");
    }
  }

  private static CapturedProcess inside(
      TestContext stage, SandboxPolicy policy, List<String> command) throws Exception {
    try (Sandbox sandbox = stage.open(policy, List.of())) {
      TestContext.onThisSystem(sandbox);
      return CapturedProcess.of(sandbox.start(SandboxCommand.of(command)));
    }
  }

  private static Outcome equal(TestContext stage, String script, String wanted, String within)
      throws Exception {
    List<String> command = perl(script);
    CapturedProcess control = outside(stage, command);
    if (!control.result().equals(wanted)) {
      return Outcome.failed("the control failed: " + control.result());
    }
    stage.posix().reset();
    CapturedProcess inside = inside(stage, stage.policy("write"), command);
    return inside.result().equals(within)
        ? Outcome.passed()
        : Outcome.failed("inside: " + inside.result());
  }

  private static Outcome closedProcess(TestContext stage) throws Exception {
    List<String> command = perl(CLOSED_PROCESS, stage.posix().outside().resolve("made").toString());
    CapturedProcess control = outside(stage, command);
    if (!control.ok()) {
      return Outcome.failed("the control failed: " + control.result());
    }
    stage.posix().reset();
    Map<String, String> before = stage.posix().snapshot();
    CapturedProcess inside = inside(stage, stage.policy("protected"), command);
    if (!inside.denied()) {
      return Outcome.failed("inside: " + inside.result());
    }
    return stage.posix().snapshot().equals(before)
        ? Outcome.passed()
        : Outcome.failed("something outside has changed");
  }

  /** Makes a command that sends to a service. */
  private interface Sender {
    List<String> to(String service) throws Exception;
  }

  /** Each service counts the messages that reach it; outside there are some. */
  private static Outcome unreached(TestContext stage, Sender sender) throws Exception {
    for (String service : List.of("${unix-datagram}", "${udp4}")) {
      List<String> command = sender.to(service);
      long before = stage.posix().contacts();
      CapturedProcess control = outside(stage, command);
      if (!control.ok() || stage.posix().contacts() == before) {
        return Outcome.failed("the control for " + service + " failed: " + control.result());
      }
      before = stage.posix().contacts();
      CapturedProcess inside = inside(stage, stage.policy("write"), command);
      if (!inside.ok()) {
        return Outcome.failed("inside, " + service + ": " + inside.result());
      }
      if (stage.posix().contacts() != before) {
        return Outcome.failed(service + " was reached");
      }
    }
    return Outcome.passed();
  }
}
