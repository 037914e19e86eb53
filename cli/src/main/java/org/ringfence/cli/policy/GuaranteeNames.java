package org.ringfence.cli.policy;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.ringfence.policy.Guarantee;

/** The values of {@code --best-effort}, for shell completion. */
final class GuaranteeNames implements Iterable<String> {
  @Override
  public Iterator<String> iterator() {
    List<String> names = new ArrayList<>(Guarantee.names());
    names.add("all");
    return names.iterator();
  }
}
