package org.ringfence.kit.session;

import java.util.ServiceLoader;
import org.ringfence.MissingModuleException;
import org.ringfence.spi.EgressModule;

/** Checks that the optional module for the network is there, before a class of it is used. */
public final class RequiredEgress {
  private RequiredEgress() {}

  /**
   * Checks it.
   *
   * @param need the part of a policy that needs the module
   * @throws MissingModuleException if the module is missing
   */
  public static void check(String need) throws MissingModuleException {
    if (ServiceLoader.load(EgressModule.class, RequiredEgress.class.getClassLoader())
        .findFirst()
        .isEmpty()) {
      throw new MissingModuleException(
          "network: " + need, "org.ringfence.egress", "ringfence-egress-proxy");
    }
  }
}
