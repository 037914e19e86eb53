package org.ringfence.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaFieldAccess;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.net.Socket;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.linux.bind.RestrictedThread;
import org.slf4j.LoggerFactory;

/**
 * Checks that code for restricted threads calls only code that is safe for them. The list of the
 * JDK's methods is complete: a new entry needs a look at its source.
 */
class RestrictedThreadTest {
  private static final String PROJECT = "org.ringfence.";

  /**
   * Methods that start no thread, wake no Java thread, log nothing, open nothing, and load no class
   * that the JVM has not loaded at its start.
   */
  private static final Set<String> HARMLESS =
      Set.of(
          "java.lang.Object.<init>",
          "java.lang.Enum.ordinal",
          "java.lang.Math.min",
          "java.lang.Record.<init>",
          // The build concatenates strings without invokedynamic.
          "java.lang.StringBuilder.<init>",
          "java.lang.StringBuilder.append",
          "java.lang.StringBuilder.toString",
          // Only ever called when something else has failed.
          "java.lang.IllegalStateException.<init>",
          "java.lang.OutOfMemoryError.<init>",
          "java.lang.Throwable.addSuppressed",
          // Lock-free, like the queue behind the interface (java.util.concurrent's own).
          "java.util.concurrent.atomic.AtomicInteger.get",
          "java.util.concurrent.atomic.AtomicInteger.getAndAdd",
          "java.util.concurrent.atomic.AtomicLong.get",
          "java.util.concurrent.atomic.AtomicLong.getAndAdd",
          "java.util.concurrent.atomic.AtomicLong.incrementAndGet",
          "java.util.Queue.poll",
          "java.util.Queue.add",
          "java.util.Collection.size",
          "java.util.concurrent.locks.LockSupport.park",
          // Direct native calls on addresses.
          "com.sun.jna.Native.getLastError",
          "com.sun.jna.Native.malloc",
          "com.sun.jna.Native.free",
          "com.sun.jna.Pointer.<init>",
          "com.sun.jna.Pointer.clear",
          "com.sun.jna.Pointer.getInt",
          "com.sun.jna.Pointer.getLong",
          "com.sun.jna.Pointer.getShort",
          "com.sun.jna.Pointer.setInt",
          "com.sun.jna.Pointer.setLong",
          "com.sun.jna.Pointer.setMemory",
          "com.sun.jna.Pointer.setShort");

  /** The sandbox thread alone starts threads: those that shall inherit its restrictions. */
  private static final Set<String> STARTS_COMMAND_THREADS =
      Set.of(
          "SandboxThread$Post.<init> -> java.lang.Thread.<init>",
          "SandboxThread$Post.<init> -> java.lang.Thread.setDaemon",
          "SandboxThread$Post.begin -> java.lang.Thread.start",
          // Wakes a platform thread that is under the same restrictions.
          "SandboxThread.serve -> java.util.concurrent.locks.LockSupport.unpark");

  private static boolean isMarked(JavaCodeUnit unit) {
    return unit.isAnnotatedWith(RestrictedThread.class)
        || unit.getOwner().isAnnotatedWith(RestrictedThread.class);
  }

  private static List<String> violations(Collection<JavaClass> classes) {
    return classes.stream()
        .flatMap(owner -> owner.getCodeUnits().stream())
        .filter(RestrictedThreadTest::isMarked)
        .flatMap(unit -> unit.getAccessesFromSelf().stream())
        .filter(access -> !isSafe(access))
        .map(RestrictedThreadTest::describe)
        .filter(text -> !STARTS_COMMAND_THREADS.contains(text))
        .distinct()
        .sorted()
        .toList();
  }

  private static boolean isSafe(JavaAccess<?> access) {
    JavaClass owner = access.getTarget().getOwner();
    if (access instanceof JavaFieldAccess) {
      return owner.getName().startsWith(PROJECT);
    }
    return access
        .getTarget()
        .resolveMember()
        .filter(JavaCodeUnit.class::isInstance)
        .map(JavaCodeUnit.class::cast)
        .map(unit -> isMarked(unit) || isConstant(unit.getOwner()) || isHarmless(unit))
        .orElse(false);
  }

  /** Enums of the planner hold numbers of the kernel. */
  private static boolean isConstant(JavaClass owner) {
    return owner.isEnum() && owner.getPackageName().equals(PROJECT + "linux.plan");
  }

  private static boolean isHarmless(JavaCodeUnit unit) {
    return HARMLESS.contains(unit.getOwner().getName() + "." + unit.getName());
  }

  private static String describe(JavaAccess<?> access) {
    JavaCodeUnit origin = access.getOrigin();
    String owner = origin.getOwner().getName();
    return owner.substring(owner.lastIndexOf('.') + 1)
        + "."
        + origin.getName()
        + " -> "
        + access
            .getTarget()
            .resolveMember()
            .map(member -> member.getOwner().getName())
            .orElse(access.getTarget().getOwner().getName())
        + "."
        + access.getTarget().getName();
  }

  @Test
  void codeOfRestrictedThreadsCallsOnlyHarmlessCode() {
    JavaClasses all = ArchitectureTest.ALL;
    assertThat(violations(all)).isEmpty();
    assertThat(
            all.stream()
                .flatMap(owner -> owner.getCodeUnits().stream())
                .filter(each -> isMarked(each)))
        .hasSizeGreaterThan(30);
  }

  @Test
  void codeThatRestrictedThreadsBeginWithIsMarked() {
    assertThat(
            ArchitectureTest.ALL.stream()
                .filter(owner -> owner.getPackageName().equals(PROJECT + "linux.restricted"))
                .filter(owner -> owner.isAssignableTo(Runnable.class))
                .map(owner -> owner.getMethod("run")))
        .hasSize(2)
        .allMatch(RestrictedThreadTest::isMarked);
  }

  /** Violates the rule in each of its methods but the first two. */
  @RestrictedThread
  private static final class Careless {
    private final ReentrantLock lock = new ReentrantLock();

    int harmless(int one) {
      return Math.min(one, marked());
    }

    int marked() {
      return 2;
    }

    void startsThread() {
      new Thread().start();
    }

    void startsExecutor() {
      Executors.newCachedThreadPool();
    }

    void startsThreadsOfAStream() {
      Stream.of(1).parallel().count();
    }

    void logs() {
      LoggerFactory.getLogger(Careless.class).info("logged");
    }

    void connects() throws IOException {
      new Socket("127.0.0.1", 9).close();
    }

    void wakes() {
      lock.unlock();
    }

    void loads() throws ClassNotFoundException {
      Class.forName("java.lang.String");
    }

    void callsUnmarked() {
      Unmarked.work();
    }

    Runnable hides() {
      return () -> new Thread().start();
    }

    Runnable passesOn() {
      return Unmarked::work;
    }
  }

  private static final class Unmarked {
    static void work() {
      new TreeMap<String, String>().clear();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "startsThread",
        "startsExecutor",
        "startsThreadsOfAStream",
        "logs",
        "connects",
        "wakes",
        "loads",
        "callsUnmarked",
        "hides",
        "passesOn"
      })
  void carelessMethodViolatesTheRule(String method) {
    assertThat(careless()).anyMatch(text -> text.contains("Careless." + method + " -> "));
  }

  @Test
  void carefulMethodsViolateNothing() {
    assertThat(careless())
        .noneMatch(
            text -> text.contains("Careless.harmless -> ") || text.contains("Careless.marked -> "));
  }

  private static List<String> careless() {
    return violations(
        List.copyOf(new ClassFileImporter().importClasses(Careless.class, Unmarked.class)));
  }
}
