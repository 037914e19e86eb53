package org.ringfence.windows.plan;

import static org.ringfence.kit.plan.Answer.advisory;
import static org.ringfence.kit.plan.Answer.enforced;
import static org.ringfence.kit.plan.Answer.unsupported;

import java.util.List;
import org.ringfence.kit.plan.Answer;
import org.ringfence.kit.plan.PlannerBase;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.Limits;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.tool.ProgramCaller;
import org.ringfence.windows.tool.ToolModel;

/** The guarantees that all modes enforce in the same way, given the facts. Pure. */
abstract sealed class WindowsPlanner extends PlannerBase
    permits RestrictedTokenPlanner, AppContainerPlanner, DedicatedUserPlanner {
  static final String OTHER_BACKEND = "WSL2, or network mode full";
  static final String OTHERS =
      "processes that other programs start for a command (WMI, the task scheduler, COM servers)";

  /** The statement about writing where deleting is another right. */
  static final String WRITE_WITHOUT_DELETE =
      "Files are created and changed only where a rule grants writing";

  static final String TOKEN_PRIVILEGES = "No privilege but SeChangeNotifyPrivilege is left";
  static final String TOKEN_READ_BACK = "DISABLE_MAX_PRIVILEGE and LUA_TOKEN, read back";
  static final String OWN_DESKTOP = "a desktop of its own, limits of the job";

  static final String NOTHING_TO_PUT_AN_ENTRY_ON =
      "a missing path has no access control list for an entry";
  static final String NAMED_READING = "files.default minimal, with a rule for each path to read";

  /** Example identities for the model of programs; no machine has them. */
  static final Sid EXAMPLE_USER = new Sid("S-1-5-21-1-1-1-1001");

  static final Sid EXAMPLE_LOGON = new Sid("S-1-5-5-0-1");
  static final Sid EXAMPLE_SESSION = new Sid("S-1-5-21-1-1-1-1");

  private static final String JOB = "job object without breakaway";

  final WindowsFacts facts;

  WindowsPlanner(EffectivePolicy effective, WindowsFacts facts) {
    super(effective);
    this.facts = facts;
  }

  final List<PlannedGuarantee> guarantees() {
    return planned().stream()
        .map(guarantee -> guarantee.withVerification(PlannedGuarantee.NOT_ON_A_REAL_SYSTEM))
        .toList();
  }

  /** Returns why the mode cannot protect a name below a writable root. */
  abstract String namesProblem();

  @Override
  protected final String statement(Guarantee guarantee) {
    Limits limits = policy.limits();
    return switch (guarantee) {
      case FILES_METADATA ->
          "Owner, permissions, times and attributes are changed only where writing is granted";
      case PROCESS_ISOLATION ->
          "Memory, handles and environment of outside processes are not reached";
      case PROCESS_SIGNALS -> "Processes outside the sandbox are not ended";
      case PROCESS_DESCRIPTORS ->
          "No handle of this JVM but the three standard streams is inherited";
      case LIMITS_CPU_TIME ->
          "A process uses at most "
              + limits.cpuTime().orElseThrow().toMillis()
              + " ms of processor time";
      case LIMITS_OPEN_FILES ->
          "A process has at most " + limits.openFiles().getAsLong() + " handles";
      case LIMITS_WALL_TIME ->
          "The tree is ended after " + limits.wallTime().orElseThrow().toMillis() + " ms";
      case LIFETIME_TREE -> "All processes of the command are killed when it ends";
      default -> super.statement(guarantee);
    };
  }

  @Override
  protected final void names() {
    super.names();
    if (effective.asksFor(Guarantee.TMP_PRIVATE)) {
      answer(
          Guarantee.TMP_PRIVATE,
          "TEMP is a directory of the sandbox's own, removed at the end",
          enforced("a directory with an unpredictable name"));
    }
  }

  @Override
  protected final Answer name(Guarantee guarantee) {
    if (guarantee == Guarantee.FILES_DENY_GLOBS) {
      return unsupported("an access control list knows no names that do not exist yet", "WSL2");
    }
    return effective.namesMatter()
        ? unsupported(
            namesProblem(),
            guarantee == Guarantee.FILES_PROTECTED_NAMES ? "WSL2, or protectedNames off" : "WSL2")
        : enforced(NOTHING_WRITABLE);
  }

  @Override
  protected final Answer opened(Guarantee guarantee) {
    return unsupported(
        guarantee == Guarantee.PROCESS_TRACING
            ? "Windows has no ptrace"
            : "Windows has no System V IPC",
        "WSL2, or a policy without it in process.allow");
  }

  @Override
  protected final Answer descriptors() {
    return enforced("PROC_THREAD_ATTRIBUTE_HANDLE_LIST");
  }

  /** Answers the guarantees that need a decision on each host, which no component makes here. */
  final void decidedNetwork() {
    Answer undecided =
        unsupported("nothing decides on single connections in this mode", OTHER_BACKEND);
    if (policy.network().mode() == NetworkMode.ALLOWLIST) {
      answer(Guarantee.NETWORK_EXTERNAL, undecided);
    }
    asked(Guarantee.NETWORK_DENY, () -> unsupported(UNDECIDED, "WSL2 with network mode allowlist"));
    asked(Guarantee.NETWORK_HOST_LOOPBACK, () -> undecided);
    asked(Guarantee.NETWORK_SERVER_NAME, () -> undecided);
    asked(Guarantee.NETWORK_PUBLISH, () -> undecided);
  }

  /** Answers which programs start, by the model of the objects that they open. */
  final Answer programs(ProgramCaller caller, String remedy) {
    List<String> failing = ToolModel.failing(caller);
    return programs(
        failing.isEmpty()
            ? "of the programs that the model of opened objects knows, all run; others may fail"
            : "by the model of the objects that programs open, these fail: "
                + String.join("; ", failing),
        remedy);
  }

  /** Answers which programs start, with the parts of Windows that commands start without. */
  final Answer programs(String known, String remedy) {
    return advisory(
        "the program's own behaviour",
        known + facts.mitigations().clause().map(clause -> "; " + clause).orElse(""),
        remedy);
  }

  /** Returns why no desktop separates the command from the user's. */
  final Answer noDesktop() {
    return unsupported(
        facts.desktop()
            ? "the job's limits on windows and clipboard did not take hold"
            : "no desktop of its own can be made",
        "an interactive session outside other jobs");
  }

  @Override
  protected final Answer limit(Guarantee limit) {
    return switch (limit) {
      case LIMITS_MEMORY -> byJob(", its memory limit read back");
      case LIMITS_PROCESSES -> byJob(", its process limit read back");
      case LIMITS_CPU_TIME -> byJob(", its time limit read back");
      case LIMITS_WALL_TIME -> byJob("");
      default -> unsupported("Windows has no such limit", "WSL2");
    };
  }

  @Override
  protected final Answer lifetime(Guarantee lifetime) {
    return byJob(
        lifetime == Guarantee.LIFETIME_TREE
            ? ", ended with the command"
            : ", whose only handle this JVM holds (kill on close)");
  }

  /** A job limits processes that the command starts itself. */
  private static Answer byJob(String how) {
    return advisory(JOB + how, OTHERS + " is in no job of ours", "WSL2");
  }
}
