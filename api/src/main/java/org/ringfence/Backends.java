package org.ringfence;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.plan.SandboxRefusedException;
import org.ringfence.policy.EffectivePolicy;
import org.ringfence.policy.InvalidPolicyException;
import org.ringfence.spi.SandboxBackend;

/** The backends on the class path, and the choice among them. Immutable. */
public final class Backends {
  private final List<SandboxBackend> all;

  private Backends(List<SandboxBackend> all) {
    this.all = List.copyOf(all);
  }

  /**
   * Finds the backends through {@link ServiceLoader}.
   *
   * @return the backends, lightest first
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
   * @return the backends, lightest first
   */
  public static Backends of(List<SandboxBackend> backends) {
    List<SandboxBackend> sorted = new ArrayList<>(backends);
    sorted.sort(Comparator.comparingInt(SandboxBackend::weight));
    return new Backends(sorted);
  }

  /**
   * Returns all backends, also those that cannot run here.
   *
   * @return the backends, lightest first
   */
  public List<SandboxBackend> all() {
    return all;
  }

  /**
   * Returns a backend by its id.
   *
   * @param id the id; {@code macos} stands for the only macOS backend
   * @return the backend
   * @throws InvalidPolicyException if no backend has that id
   */
  public SandboxBackend byId(String id) {
    String known = id.equals("macos") ? "seatbelt" : id;
    return all.stream()
        .filter(backend -> backend.id().equals(known))
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidPolicyException(
                    "backend",
                    id,
                    "one of " + String.join(", ", all.stream().map(SandboxBackend::id).toList())));
  }

  /**
   * Returns the plan of each backend for a policy, the preferred one first: usable before unusable,
   * acceptable before not, more enforced before less, lighter before heavier.
   *
   * @param policy the policy
   * @return the plans
   */
  public List<SandboxPlan> plans(EffectivePolicy policy) {
    List<SandboxPlan> plans = new ArrayList<>();
    for (SandboxBackend backend : all) {
      plans.add(backend.plan(policy));
    }
    plans.sort(
        Comparator.comparing((SandboxPlan plan) -> !plan.availability().usable())
            .thenComparing(plan -> !plan.acceptable())
            .thenComparing(plan -> -plan.enforcedCount()));
    return plans;
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
    if (id == null) {
      // The lightest backend that enforces all wins, and probing the others takes time.
      for (SandboxBackend backend : all) {
        SandboxPlan plan = backend.plan(policy);
        if (plan.availability().usable()) {
          if (plan.enforcedCount() == plan.guarantees().size()) {
            return plan;
          }
          break;
        }
      }
    }
    List<SandboxPlan> plans = id == null ? plans(policy) : List.of(byId(id).plan(policy));
    if (plans.isEmpty() || !plans.get(0).acceptable()) {
      throw new SandboxRefusedException(relevant(plans));
    }
    return plans.get(0);
  }

  /** Returns the plans that could run here: on Linux, a reason about macOS does not help. */
  private static List<SandboxPlan> relevant(List<SandboxPlan> plans) {
    List<SandboxPlan> usable = plans.stream().filter(plan -> plan.availability().usable()).toList();
    return usable.isEmpty() ? plans : usable;
  }
}
