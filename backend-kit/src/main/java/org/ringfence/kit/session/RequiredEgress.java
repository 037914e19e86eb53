package org.ringfence.kit.session;

import java.util.ServiceLoader;
import org.ringfence.SandboxException;
import org.ringfence.spi.EgressModule;

/** Checks that the optional module for the network is there, before a class of it is used. */
public final class RequiredEgress {
  private RequiredEgress() {}

  /**
   * Checks it.
   *
   * @param need the part of a policy that needs the module
   * @throws SandboxException if the module is missing
   */
  public static void check(String need) throws SandboxException {
    if (ServiceLoader.load(EgressModule.class, RequiredEgress.class.getClassLoader())
        .findFirst()
        .isEmpty()) {
      throw new SandboxException(
          "network: "
              + need
              + " needs the module org.ringfence.egress, which is missing; add the artefact"
              + " ringfence-egress-proxy");
    }
  }
}
