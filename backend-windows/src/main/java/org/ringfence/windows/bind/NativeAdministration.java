package org.ringfence.windows.bind;

import org.ringfence.windows.system.Accounts;
import org.ringfence.windows.system.Administration;
import org.ringfence.windows.system.FilterEngine;
import org.ringfence.windows.system.Firewall;
import org.ringfence.windows.system.Logons;
import org.ringfence.windows.system.MachineRegistry;
import org.ringfence.windows.system.NamedPipes;
import org.ringfence.windows.system.Secrets;
import org.ringfence.windows.system.Sockets;

/** The calls of set-up; each library is loaded at its first use. */
final class NativeAdministration implements Administration {
  @Override
  public Accounts accounts() {
    return new NativeAccounts();
  }

  @Override
  public MachineRegistry registry() {
    return new NativeRegistry();
  }

  @Override
  public Firewall firewall() {
    return new NativeFirewall();
  }

  @Override
  public FilterEngine filters() {
    return new NativeFilterEngine();
  }

  @Override
  public Logons logons() {
    return new NativeLogons();
  }

  @Override
  public Secrets secrets() {
    return new NativeSecrets();
  }

  @Override
  public NamedPipes pipes() {
    return new NativePipes();
  }

  @Override
  public Sockets sockets() {
    return new NativeSockets();
  }
}
