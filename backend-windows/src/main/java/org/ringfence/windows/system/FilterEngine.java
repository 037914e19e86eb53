package org.ringfence.windows.system;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.ringfence.windows.plan.PlatformFilter;

/** The base filtering engine ({@code fwpuclnt}); an administrator alone reads and changes it. */
public interface FilterEngine {
  /**
   * Reads the tag that the engine keeps for a filter.
   *
   * @param key the filter's key
   * @return the tag that was added with it; empty if there is none
   * @throws WindowsCallException if the engine does not answer
   */
  Optional<String> tag(UUID key) throws WindowsCallException;

  /**
   * Adds filters, replacing those of the same keys, along with their provider and sublayer. All or
   * none: one transaction.
   *
   * @param filters the filters
   * @throws WindowsCallException if one cannot be added
   */
  void replace(List<PlatformFilter> filters) throws WindowsCallException;

  /**
   * Removes filters; provider and sublayer go with the last filter of all clients. All or none.
   *
   * @param keys their keys; missing filters are skipped
   * @throws WindowsCallException if one cannot be removed
   */
  void remove(List<UUID> keys) throws WindowsCallException;
}
