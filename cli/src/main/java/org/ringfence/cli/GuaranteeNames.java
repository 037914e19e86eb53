package org.ringfence.cli;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.ringfence.policy.Guarantee;

/** What {@code --best-effort} takes, for the completion of a shell. */
final class GuaranteeNames implements Iterable<String> {
  @Override
  public Iterator<String> iterator() {
    List<String> names = new ArrayList<>(Guarantee.names());
    names.add("all");
    return names.iterator();
  }
}
