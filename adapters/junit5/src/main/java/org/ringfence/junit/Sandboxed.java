package org.ringfence.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Gives a test a sandbox of its own, which is open from before the {@code @BeforeEach} methods
 * until after the {@code @AfterEach} methods. On a class, each test gets one; on a method, in place
 * of the class's. Test methods, {@code @BeforeEach} and {@code @AfterEach} methods may have
 * parameters of the types {@link org.ringfence.Sandbox} and {@link SandboxedProcessFactory}.
 *
 * <p>A policy that this machine cannot enforce fails the test with a {@link
 * org.ringfence.SandboxRefusedException}, unless {@link #whenRefused} skips it.
 */
@Documented
@Inherited
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(SandboxExtension.class)
public @interface Sandboxed {
  /**
   * The policy: names of presets and paths of files, each adding to those before it.
   *
   * @return names of {@link org.ringfence.policy.json.Presets}, and paths with a slash or the
   *     ending {@code .json}, which start at the JVM's working directory unless they are absolute
   */
  String[] value() default {"workspace-write"};

  /**
   * The workspace, which is also the directory where commands start.
   *
   * @return a path, which starts at the JVM's working directory unless it is absolute; empty for a
   *     new temporary directory, which is removed after the test
   */
  String workspace() default "";

  /**
   * The backend.
   *
   * @return its id, or empty to let the plans decide
   */
  String backend() default "";

  /**
   * What becomes of a test whose policy this machine cannot enforce.
   *
   * @return failed, unless it is set
   */
  Refused whenRefused() default Refused.FAILS;

  /** What becomes of a test whose policy this machine cannot enforce. */
  enum Refused {
    /** It fails: a test that does not run must not look like one that passed. */
    FAILS,
    /** It is aborted, which reports show as skipped, with the refusal as the reason. */
    IS_SKIPPED
  }
}
