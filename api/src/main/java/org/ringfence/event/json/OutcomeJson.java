package org.ringfence.event.json;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.ringfence.Ending;
import org.ringfence.Usage;
import org.ringfence.event.AuditRecord;
import org.ringfence.event.ConnectionRecord;
import org.ringfence.event.Remedies;
import org.ringfence.event.Remedy;
import org.ringfence.event.Violation;
import org.ringfence.policy.json.Additions;

/**
 * Results and events as maps, lists, strings and numbers, the same wherever Ringfence prints them.
 */
public final class OutcomeJson {
  private OutcomeJson() {}

  /**
   * Returns the fields of an ending.
   *
   * @param ending how a command ended
   * @return {@code kind} and what belongs to it
   */
  public static Map<String, Object> of(Ending ending) {
    Map<String, Object> tree = new LinkedHashMap<>();
    if (ending instanceof Ending.Exited exited) {
      tree.put("kind", "exited");
      tree.put("status", exited.status());
    } else if (ending instanceof Ending.Signaled signaled) {
      tree.put("kind", "signaled");
      tree.put("signal", signaled.signal());
    } else if (ending instanceof Ending.LimitReached reached) {
      tree.put("kind", "limitReached");
      tree.put("limit", reached.limit().name());
    } else if (ending instanceof Ending.TimedOut out) {
      tree.put("kind", "timedOut");
      tree.put("afterMillis", out.after().toMillis());
    } else {
      tree.put("kind", "cancelled");
    }
    return tree;
  }

  /**
   * Returns the fields of a usage.
   *
   * @param usage what a command used
   * @return the figures that the system reports
   */
  public static Map<String, Object> of(Usage usage) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("wallMillis", usage.wallTime().toMillis());
    usage.cpuTime().ifPresent(time -> tree.put("cpuMillis", time.toMillis()));
    usage.peakMemory().ifPresent(bytes -> tree.put("peakMemoryBytes", bytes));
    return tree;
  }

  /**
   * Returns the fields of denials and of their remedies, which are looked up on this machine now.
   *
   * @param denials the denials
   * @return the fields of each
   */
  public static List<Map<String, Object>> of(List<Violation> denials) {
    Remedies remedies = Remedies.ofThisMachine();
    return denials.stream().map(denial -> of(denial, remedies)).toList();
  }

  /**
   * Returns the fields of a denial and of its remedy, which is looked up on this machine now.
   *
   * @param denial the denial
   * @return its fields
   */
  public static Map<String, Object> of(Violation denial) {
    return of(denial, Remedies.ofThisMachine());
  }

  private static Map<String, Object> of(Violation denial, Remedies remedies) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("operation", denial.operation());
    tree.put("target", denial.target());
    tree.put("rule", denial.rule());
    tree.put("executable", denial.executable());
    tree.put("certain", denial.certainty() == Violation.Certainty.CERTAIN);
    Remedy remedy = remedies.of(denial);
    tree.put(
        "options", remedy instanceof Remedy.Addition addition ? Additions.options(addition) : null);
    tree.put("noRemedy", remedy instanceof Remedy.None none ? none.why() : null);
    return tree;
  }

  /**
   * Returns the fields of an executed program, with its arguments as they are.
   *
   * @param program the program
   * @return its fields
   */
  public static Map<String, Object> of(AuditRecord program) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("pid", program.pid());
    tree.put("parent", program.parent());
    tree.put("path", program.path());
    tree.put("argv", program.arguments());
    tree.put("directory", program.directory());
    tree.put("start", program.start().toString());
    tree.put("end", program.end().toString());
    program.exit().ifPresent(status -> tree.put("exit", status));
    return tree;
  }

  /**
   * Returns the fields of a decision about a connection.
   *
   * @param decided the decision
   * @return its fields
   */
  public static Map<String, Object> of(ConnectionRecord decided) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("time", decided.time().toString());
    tree.put("host", decided.host());
    tree.put("address", decided.address());
    tree.put("port", decided.port());
    tree.put("executable", decided.executable());
    tree.put("rule", decided.rule());
    tree.put("allowed", decided.allowed());
    put(tree, "sent", decided.sent());
    put(tree, "received", decided.received());
    decided.duration().ifPresent(time -> tree.put("millis", time.toMillis()));
    return tree;
  }

  private static void put(Map<String, Object> tree, String name, OptionalLong value) {
    value.ifPresent(number -> tree.put(name, number));
  }
}
