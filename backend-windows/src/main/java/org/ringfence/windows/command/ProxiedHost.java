package org.ringfence.windows.command;

import java.util.HashMap;
import java.util.Map;
import org.ringfence.SandboxException;
import org.ringfence.kit.session.LocalEgressProxy;
import org.ringfence.windows.system.WindowsCallException;

/**
 * Starts commands through another host, with the variables that select the egress proxy. The caller
 * closes the proxy.
 */
public record ProxiedHost(CommandHost host, LocalEgressProxy proxy) implements CommandHost {
  @Override
  public RunningCommand start(CommandRequest request)
      throws SandboxException, WindowsCallException {
    return host.start(request);
  }

  @Override
  public void checkProgram(String program) throws SandboxException {
    host.checkProgram(program);
  }

  @Override
  public boolean isFile(String path) {
    return host.isFile(path);
  }

  @Override
  public Map<String, String> environment(Map<String, String> given) {
    Map<String, String> environment = new HashMap<>(host.environment(given));
    Map<String, String> variables = proxy.variables(given);
    // Linux allows names that differ by case alone; here the last of them would count.
    environment
        .keySet()
        .removeIf(name -> variables.keySet().stream().anyMatch(name::equalsIgnoreCase));
    variables.forEach(
        (name, value) -> {
          if (environment.keySet().stream().noneMatch(name::equalsIgnoreCase)) {
            environment.put(name, value);
          }
        });
    return environment;
  }

  @Override
  public void close() throws SandboxException {
    host.close();
  }
}
