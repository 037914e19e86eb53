package org.ringfence.text.message;

import java.lang.module.ModuleDescriptor;
import java.util.Optional;

/** The version with which a class was built. */
public final class BuildVersion {
  private BuildVersion() {}

  /**
   * Reads the version of the class's module or, on the class path, of its jar's manifest.
   *
   * @param type the class
   * @return the version; empty for classes outside a jar
   */
  public static Optional<String> of(Class<?> type) {
    ModuleDescriptor module = type.getModule().getDescriptor();
    return module == null
        ? Optional.ofNullable(type.getPackage().getImplementationVersion())
        : module.rawVersion();
  }
}
