package org.ringfence.windows.setup;

import java.util.ArrayList;
import java.util.List;
import org.ringfence.windows.plan.ClientAccounts;
import org.ringfence.windows.plan.Sid;

/**
 * What has been begun for a client, on the disk before it is done.
 *
 * @param accounts what its accounts are called
 * @param user the user whose it is
 * @param home the directory of that user's installation
 * @param direction which way it goes
 * @param wasComplete whether everything was there before this began
 * @param begun steps that may have been done, in order
 * @param done steps that were there when they were looked at after
 */
public record SetupJournal(
    ClientAccounts accounts,
    Sid user,
    String home,
    Direction direction,
    boolean wasComplete,
    List<String> begun,
    List<String> done) {
  /** Which way a change goes. */
  public enum Direction {
    /** Something is made. */
    SETUP,
    /** Everything is taken back. */
    TEARDOWN
  }

  /** Copies the lists. */
  public SetupJournal {
    begun = List.copyOf(begun);
    done = List.copyOf(done);
  }

  /**
   * The same, before a step.
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
   * The same, after a step.
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
   * The same the other way.
   *
   * @return the journal of a teardown
   */
  public SetupJournal backwards() {
    return new SetupJournal(accounts, user, home, Direction.TEARDOWN, false, begun, List.of());
  }
}
