package org.ringfence.windows.system;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.bind.NativeWindows;
import org.ringfence.windows.mitigation.ProcessMitigation;

/**
 * The real system, except that tokens and jobs read back as requested. Wine restricts nothing, so
 * the backends refuse it; with this class a test can still run the real launch there. On Windows it
 * changes nothing.
 */
public final class PretendingWindows implements WindowsSystem {
  private final NativeWindows real = new NativeWindows();
  private final Map<Long, JobLimits> limits = new HashMap<>();
  private final Set<Long> ownTokens = new HashSet<>();
  private List<Sid> restricting = List.of();

  /** Loads the libraries. */
  public PretendingWindows() {}

  @Override
  public Tokens tokens() {
    Tokens tokens = real.tokens();
    return new Tokens() {
      @Override
      public Handle ofThisProcess() throws WindowsCallException {
        Handle own = tokens.ofThisProcess();
        ownTokens.add(own.value());
        return own;
      }

      @Override
      public Handle of(Handle process) throws WindowsCallException {
        Handle childs = tokens.of(process);
        ownTokens.remove(childs.value());
        return childs;
      }

      @Override
      public Handle of(int pid) throws WindowsCallException {
        return tokens.of(pid);
      }

      @Override
      public TokenFacts facts(Handle token) throws WindowsCallException {
        TokenFacts facts = tokens.facts(token);
        return ownTokens.contains(token.value())
            ? facts
            : new TokenFacts(
                facts.user(),
                facts.logon(),
                Set.of("SeChangeNotifyPrivilege"),
                restricting,
                true,
                facts.elevated(),
                facts.appContainer(),
                facts.session());
      }

      @Override
      public Handle restrict(Handle token, int flags, List<Sid> off, List<Sid> sids)
          throws WindowsCallException {
        Handle made = tokens.restrict(token, flags, off, sids);
        ownTokens.clear();
        restricting = sids;
        return made;
      }

      @Override
      public void setDefaultDacl(Handle token, byte[] acl) throws WindowsCallException {
        tokens.setDefaultDacl(token, acl);
      }
    };
  }

  @Override
  public Jobs jobs() {
    Jobs jobs = real.jobs();
    return new Jobs() {
      @Override
      public Handle create() throws WindowsCallException {
        return jobs.create();
      }

      @Override
      public Handle createForRunner() throws WindowsCallException {
        return jobs.createForRunner();
      }

      @Override
      public void add(Handle job, Handle process) throws WindowsCallException {
        jobs.add(job, process);
      }

      @Override
      public void limit(Handle job, JobLimits asked) throws WindowsCallException {
        jobs.limit(job, asked);
        limits.put(job.value(), asked);
      }

      @Override
      public JobLimits limits(Handle job) {
        return limits.get(job.value());
      }

      @Override
      public boolean contains(Handle process, Handle job) throws WindowsCallException {
        return jobs.contains(process, job);
      }

      @Override
      public int activeProcesses(Handle job) throws WindowsCallException {
        return jobs.activeProcesses(job);
      }

      @Override
      public Used used(Handle job) throws WindowsCallException {
        return jobs.used(job);
      }

      @Override
      public void terminate(Handle job, int exitCode) throws WindowsCallException {
        jobs.terminate(job, exitCode);
      }
    };
  }

  @Override
  public ObjectSecurity security() {
    return real.security();
  }

  @Override
  public Files files() {
    return real.files();
  }

  @Override
  public Processes processes() {
    Processes processes = real.processes();
    return (Processes)
        Proxy.newProxyInstance(
            Processes.class.getClassLoader(),
            new Class<?>[] {Processes.class},
            (self, method, arguments) -> {
              if (method.getName().equals("mitigations")) {
                return EnumSet.allOf(ProcessMitigation.class);
              }
              try {
                return method.invoke(processes, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  @Override
  public Machine machine() {
    return real.machine();
  }

  @Override
  public Administration administration() {
    return real.administration();
  }
}
