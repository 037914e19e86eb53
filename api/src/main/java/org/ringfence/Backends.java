package org.ringfence;

import java.util.ArrayList;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.ringfence.plan.Preference;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.value.InvalidPolicyException;
import org.ringfence.spi.BackendInfo;
import org.ringfence.spi.SandboxBackend;

/** The backends on the class path or the module path, and the choice among them. Immutable. */
public final class Backends {
  private final List<SandboxBackend> all;

  private Backends(List<SandboxBackend> all) {
    this.all = List.copyOf(all);
  }

  /**
   * Finds the backends through {@link ServiceLoader}.
   *
   * @return the backends, cheapest first
   * @throws SandboxException if a provider cannot be made
   */
  public static Backends load() throws SandboxException {
    List<SandboxBackend> found = new ArrayList<>();
    try {
      ServiceLoader.load(SandboxBackend.class, SandboxBackend.class.getClassLoader())
          .forEach(found::add);
    } catch (ServiceConfigurationError e) {
      throw new SandboxException("backend: a provider cannot be loaded: " + e.getMessage(), e);
    }
    return of(found);
  }

  /**
   * Uses given backends.
   *
   * @param backends the backends
   * @return the backends, cheapest first
   */
  public static Backends of(List<SandboxBackend> backends) {
    return sorted(backends, Preference.LAUNCH);
  }

  /**
   * Returns these backends in the order of a preference.
   *
   * @param preference what decides between backends that enforce the same
   * @return the backends, cheapest first by that preference
   */
  public Backends preferring(Preference preference) {
    return sorted(all, preference);
  }

  private static Backends sorted(List<SandboxBackend> backends, Preference preference) {
    List<SandboxBackend> sorted = new ArrayList<>(backends);
    sorted.sort(
        (one, other) ->
            Integer.compare(one.info().cost(preference), other.info().cost(preference)));
    return new Backends(sorted);
  }

  /**
   * Returns all backends, also those that cannot run here.
   *
   * @return the backends, cheapest first
   */
  public List<SandboxBackend> all() {
    return all;
  }

  /**
   * Returns the backends that are made for this system, also those that need a set-up to run.
   *
   * @return the backends, cheapest first
   */
  public List<SandboxBackend> ofThisSystem() {
    return all.stream().filter(backend -> backend.info().system().isThis()).toList();
  }

  /**
   * Returns a backend by its id or an alias.
   *
   * @param id the id or an alias
   * @return the backend
   * @throws InvalidPolicyException if no backend has that id
   */
  public SandboxBackend byId(String id) {
    return all.stream()
        .filter(backend -> backend.info().isNamed(id))
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidPolicyException(
                    "backend",
                    id,
                    "one of "
                        + String.join(", ", all.stream().map(one -> one.info().id()).toList())));
  }

  /**
   * Returns the plan of each backend for a policy, the preferred one first: usable before unusable,
   * acceptable before not, more enforced before less, cheaper before more costly.
   *
   * @param policy the policy
   * @return the plans
   */
  public List<SandboxPlan> plans(EffectivePolicy policy) {
    return all.stream()
        .map(backend -> backend.plan(policy))
        .sorted(Backends::preferredFirst)
        .toList();
  }

  /**
   * Selects the plan to run.
   *
   * @param policy the policy
   * @param id the backend's id, or null to let the plans decide
   * @return an acceptable plan
   * @throws SandboxRefusedException if no backend's plan is acceptable
   */
  public SandboxPlan select(EffectivePolicy policy, String id) throws SandboxRefusedException {
    return select(candidates(id), each -> policy);
  }

  /** Compares without the comparators of the JDK: a JVM makes their classes at each start. */
  private static int preferredFirst(SandboxPlan one, SandboxPlan other) {
    int usable = Boolean.compare(other.availability().usable(), one.availability().usable());
    int acceptable = Boolean.compare(other.acceptable(), one.acceptable());
    return usable != 0
        ? usable
        : acceptable != 0 ? acceptable : Long.compare(other.enforcedCount(), one.enforcedCount());
  }

  /** Returns the backends to choose from, cheapest first; all of them where the id is null. */
  List<SandboxBackend> candidates(String id) {
    return id == null ? all : List.of(byId(id));
  }

  /** Selects the plan to run. Plans once for each backend, and not for those that cannot win. */
  static SandboxPlan select(
      List<SandboxBackend> candidates, Function<SandboxBackend, EffectivePolicy> placed)
      throws SandboxRefusedException {
    List<SandboxPlan> plans = new ArrayList<>();
    boolean cheapest = true;
    for (SandboxBackend backend : candidates) {
      SandboxPlan plan = backend.plan(placed.apply(backend));
      plans.add(plan);
      if (plan.availability().usable()) {
        // The cheapest backend that enforces all wins, and probing the others takes time.
        if (cheapest && plan.enforcedCount() == plan.guarantees().size()) {
          return plan;
        }
        cheapest = false;
      }
    }
    plans.sort(Backends::preferredFirst);
    if (plans.isEmpty() || !plans.get(0).acceptable()) {
      throw new SandboxRefusedException(relevant(candidates, plans));
    }
    return plans.get(0);
  }

  /** Returns the plans that could run here: on Linux, a reason about macOS does not help. */
  private static List<SandboxPlan> relevant(
      List<SandboxBackend> candidates, List<SandboxPlan> plans) {
    Set<String> here =
        candidates.stream()
            .map(SandboxBackend::info)
            .filter(info -> info.system().isThis())
            .map(BackendInfo::id)
            .collect(Collectors.toSet());
    return Stream.<Predicate<SandboxPlan>>of(
            plan -> plan.availability().usable(), plan -> here.contains(plan.backend()))
        .map(wanted -> plans.stream().filter(wanted).toList())
        .filter(found -> !found.isEmpty())
        .findFirst()
        .orElse(plans);
  }
}
