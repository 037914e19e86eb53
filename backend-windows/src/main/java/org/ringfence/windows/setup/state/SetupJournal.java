package org.ringfence.windows.setup.state;

import java.util.ArrayList;
import java.util.List;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.plan.ClientAccounts;

/**
 * The unfinished change of a client, on the disk before it begins.
 *
 * @param accounts the names of its accounts
 * @param user the client's user
 * @param home the directory of that user's installation
 * @param direction the direction of the change
 * @param wasComplete whether set-up was complete before this began
 * @param begun steps that may have run, in order
 * @param done steps that were verified afterwards
 */
public record SetupJournal(
    ClientAccounts accounts,
    Sid user,
    String home,
    Direction direction,
    boolean wasComplete,
    List<String> begun,
    List<String> done) {
  /** Direction of a change. */
  public enum Direction {
    /** Makes accounts. */
    SETUP,
    /** Removes accounts. */
    TEARDOWN
  }

  /** Copies the lists. */
  public SetupJournal {
    begun = List.copyOf(begun);
    done = List.copyOf(done);
  }

  /**
   * Returns the journal before a step.
   *
   * @param step the step's id
   * @return the journal
   */
  public SetupJournal beginning(String step) {
    List<String> more = new ArrayList<>(begun);
    if (!more.contains(step)) {
      more.add(step);
    }
    List<String> rest = new ArrayList<>(done);
    rest.remove(step);
    return new SetupJournal(accounts, user, home, direction, wasComplete, more, rest);
  }

  /**
   * Returns the journal after a step.
   *
   * @param step the step's id
   * @return the journal
   */
  public SetupJournal having(String step) {
    List<String> more = new ArrayList<>(done);
    if (!more.contains(step)) {
      more.add(step);
    }
    return new SetupJournal(accounts, user, home, direction, wasComplete, begun, more);
  }

  /**
   * Returns the journal of the opposite direction.
   *
   * @return the journal of a teardown
   */
  public SetupJournal backwards() {
    return new SetupJournal(accounts, user, home, Direction.TEARDOWN, false, begun, List.of());
  }
}
