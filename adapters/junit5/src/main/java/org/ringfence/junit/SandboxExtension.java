package org.ringfence.junit;

import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.platform.commons.support.AnnotationSupport;
import org.opentest4j.TestAbortedException;
import org.ringfence.Sandbox;
import org.ringfence.SandboxRefusedException;

/** Opens the sandbox of a test, passes it on, and closes it: {@link Sandboxed}. */
public final class SandboxExtension
    implements BeforeEachCallback, AfterEachCallback, ParameterResolver {
  private static final Namespace NAMESPACE = Namespace.create(SandboxExtension.class);

  /** Creates the extension; JUnit calls this. */
  public SandboxExtension() {}

  @Override
  public void beforeEach(ExtensionContext context) throws IOException {
    Sandboxed asked = annotation(context);
    try {
      context.getStore(NAMESPACE).put(TestSandbox.class, TestSandbox.open(asked));
    } catch (SandboxRefusedException e) {
      if (asked.whenRefused() == Sandboxed.Refused.IS_SKIPPED) {
        throw new TestAbortedException(e.getMessage(), e);
      }
      throw e;
    }
  }

  /** Returns the annotation of the method, of its class, or of the nearest class around it. */
  private static Sandboxed annotation(ExtensionContext context) {
    Optional<Sandboxed> ofMethod =
        AnnotationSupport.findAnnotation(context.getRequiredTestMethod(), Sandboxed.class);
    Class<?> type = context.getRequiredTestClass();
    Optional<Sandboxed> found = ofMethod;
    while (found.isEmpty() && type != null) {
      found = AnnotationSupport.findAnnotation(type, Sandboxed.class);
      type = type.getEnclosingClass();
    }
    return found.orElseThrow(
        () ->
            new IllegalStateException(
                "SandboxExtension: " + context.getDisplayName() + " has no @Sandboxed; add it"));
  }

  @Override
  public void afterEach(ExtensionContext context) throws IOException {
    TestSandbox opened = context.getStore(NAMESPACE).remove(TestSandbox.class, TestSandbox.class);
    if (opened != null) {
      opened.close();
    }
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return type == Sandbox.class || type == SandboxedProcessFactory.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    TestSandbox opened = context.getStore(NAMESPACE).get(TestSandbox.class, TestSandbox.class);
    if (opened == null) {
      throw new ParameterResolutionException(
          "@Sandboxed opens a sandbox for each test: ask for it in the test, or in a @BeforeEach or"
              + " @AfterEach method");
    }
    return parameter.getParameter().getType() == Sandbox.class
        ? opened.sandbox()
        : new SandboxedProcessFactory(opened.sandbox());
  }
}
