package org.ringfence.policy;

import java.util.List;

/** The environment part of a policy. Valid while the block runs; not thread-safe. */
public final class EnvironmentPart {
  private final PolicyBuilder builder;

  EnvironmentPart(PolicyBuilder builder) {
    this.builder = builder;
  }

  /**
   * Sets the inherited part.
   *
   * @param value the part
   * @return this part
   */
  public EnvironmentPart inherit(EnvironmentPolicy.Inherit value) {
    builder.inherit(value);
    return this;
  }

  /**
   * Includes variables, even if they look like secrets.
   *
   * @param names names or patterns
   * @return this part
   */
  public EnvironmentPart include(String... names) {
    builder.includeVariables(List.of(names));
    return this;
  }

  /**
   * Excludes variables.
   *
   * @param names names or patterns
   * @return this part
   */
  public EnvironmentPart exclude(String... names) {
    builder.excludeVariables(List.of(names));
    return this;
  }

  /**
   * Sets a variable.
   *
   * @param name the name
   * @param value the value; {@code ${tmp}} stands for the sandbox's temporary directory, {@code
   *     ${home}} for the directory of {@code :home}; a variable whose value begins with {@code
   *     ${home?}} is left out when nothing is at that path
   * @return this part
   */
  public EnvironmentPart set(String name, String value) {
    builder.variable(name, value);
    return this;
  }
}
