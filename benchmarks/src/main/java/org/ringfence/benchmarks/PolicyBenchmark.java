package org.ringfence.benchmarks;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.ringfence.policy.Access;
import org.ringfence.policy.MissingPath;
import org.ringfence.policy.Operation;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathStyle;

/** Measures placing and evaluating a policy of 10 000 rules. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class PolicyBenchmark {
  private static final int RULES = 10_000;
  private static final PathContext PLACES = PathContext.of(PathStyle.POSIX, "/ws", "/home/me");

  private SandboxPolicy policy;
  private EffectivePolicy effective;
  private int next;

  /** Makes the policy. */
  @Setup
  public void make() {
    PolicyBuilder builder = SandboxPolicy.builder();
    for (int i = 0; i < RULES; i++) {
      Access access = Access.values()[i % 3];
      builder.rule("/ws/a" + i % 100 + "/b" + i / 100 + "/c" + i, access, MissingPath.SKIP);
    }
    policy = builder.build();
    effective = EffectivePolicy.of(policy, PLACES);
  }

  /**
   * Places the policy.
   *
   * @return the effective policy
   */
  @Benchmark
  public EffectivePolicy compile() {
    return EffectivePolicy.of(policy, PLACES);
  }

  /**
   * Evaluates one path, six components deep.
   *
   * @return whether it is allowed
   */
  @Benchmark
  public boolean evaluate() {
    int i = next++ % RULES;
    return effective
        .evaluate("/ws/a" + i % 100 + "/b" + i / 100 + "/c" + i + "/d/e", Operation.WRITE)
        .allowed();
  }
}
