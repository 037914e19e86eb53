package org.ringfence.conformance;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.core.importer.Locations;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.ringfence.spi.Verification;

/** Checks the dependencies between packages and modules. */
class ArchitectureTest {
  static final Path ADAPTERS = Path.of("..", "adapters");

  static final JavaClasses ALL =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importLocations(
              Stream.concat(Locations.ofPackage("org.ringfence").stream(), adapters())
                  .collect(Collectors.toSet()));

  /**
   * Returns the classes of the adapters, which are not on this module's class path. The parent POM
   * lists them before this module, so that a whole build has compiled them.
   */
  private static Stream<Location> adapters() {
    try (Stream<Path> modules = Files.list(ADAPTERS)) {
      return modules
          .map(module -> module.resolve(Path.of("target", "classes")))
          .filter(Files::isDirectory)
          .map(Location::of)
          .toList()
          .stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void verify(ArchRule rule) {
    rule.because("the design limits the dependencies between packages").check(ALL);
  }

  @Test
  void jnaStaysInBindingPackagesAndTheProbe() {
    verify(
        noClasses()
            .that()
            .resideOutsideOfPackages(
                "org.ringfence..bind..",
                "org.ringfence.conformance..",
                "org.ringfence.benchmarks..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("com.sun.jna.."));
  }

  @Test
  void jacksonStaysWhereJsonIsReadAndWritten() {
    verify(
        noClasses()
            .that()
            .resideOutsideOfPackages("org.ringfence..json..", "org.ringfence.conformance..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("com.fasterxml.jackson.."));
  }

  @Test
  void backendsDoNotUseEachOther() {
    for (String backend : new String[] {"linux", "macos", "windows", "wsl2"}) {
      for (String other : new String[] {"linux", "macos", "windows", "wsl2"}) {
        boolean wsl2UsesTheLinuxCompiler = backend.equals("wsl2") && other.equals("linux");
        if (!backend.equals(other) && !wsl2UsesTheLinuxCompiler) {
          verify(
              noClasses()
                  .that()
                  .resideInAPackage("org.ringfence." + backend + "..")
                  .should()
                  .dependOnClassesThat()
                  .resideInAPackage("org.ringfence." + other + ".."));
        }
      }
    }
  }

  @Test
  void onlyBackendsUseTheKit() {
    verify(
        noClasses()
            .that()
            .resideInAPackage("org.ringfence.kit..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                "org.ringfence.linux..",
                "org.ringfence.macos..",
                "org.ringfence.windows..",
                "org.ringfence.wsl2.."));
    verify(
        noClasses()
            .that()
            .resideOutsideOfPackages(
                "org.ringfence.kit..",
                "org.ringfence.linux..",
                "org.ringfence.macos..",
                "org.ringfence.windows..",
                "org.ringfence.wsl2..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.ringfence.kit.."));
  }

  @Test
  void adaptersUseOnlyTheApi() {
    for (String adapter :
        List.of("commonsexec", "langchain4j", "junit", "agentsandbox", "opentelemetry", "maven")) {
      String own = "org.ringfence." + adapter + "..";
      verify(
          noClasses()
              .that()
              .resideInAPackage(own)
              .should()
              .dependOnClassesThat(
                  resideInAPackage("org.ringfence..")
                      .and(
                          resideOutsideOfPackages(
                              own,
                              "org.ringfence",
                              "org.ringfence.event",
                              "org.ringfence.plan",
                              "org.ringfence.policy..",
                              "org.ringfence.text"))
                      // Its goal 'verify' runs the suite.
                      .and(not(belongToAnyOf(Verification.class))))
              // A build of this module alone compiles no adapter.
              .allowEmptyShould(true));
    }
  }

  @Test
  void suiteUsesOnlyTheApi() {
    verify(
        noClasses()
            .that()
            .resideInAPackage("org.ringfence.conformance..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                "org.ringfence.linux..",
                "org.ringfence.macos..",
                "org.ringfence.windows..",
                "org.ringfence.wsl2..",
                "org.ringfence.cli.."));
  }

  @Test
  void plannersUseNoBindingLaunchOrFiles() {
    verify(
        noClasses()
            .that()
            .resideInAPackage("org.ringfence.linux.plan..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.nio.file..", "com.sun.jna.."));
    verify(
        noClasses()
            .that()
            .resideInAPackage("org.ringfence.macos.plan..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                "org.ringfence.macos.bind..",
                "org.ringfence.macos.launch..",
                "java.nio.file..",
                "jnr.."));
    verify(
        noClasses()
            .that()
            .resideInAnyPackage("org.ringfence.windows.plan..", "org.ringfence.windows.acl..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.nio.file..", "com.sun.jna.."));
  }

  @Test
  void windowsLaunchUsesNoBinding() {
    verify(
        noClasses()
            .that()
            .resideInAPackage("org.ringfence.windows..")
            .and()
            .resideOutsideOfPackages(
                "org.ringfence.windows",
                "org.ringfence.windows.program..",
                "org.ringfence.windows.bind..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.ringfence.windows.bind.."));
  }

  /** {@code HostProcess} says why: that of Java 17 closes descriptors of others. */
  @Test
  void linuxStartsNoProgramByProcessBuilder() {
    verify(
        noClasses()
            .that()
            .resideInAPackage("org.ringfence.linux..")
            .should()
            .callMethod(ProcessBuilder.class, "start")
            .orShould()
            .callMethod(Runtime.class, "exec", String[].class)
            .orShould()
            .callMethod(Runtime.class, "exec", String.class));
  }

  @Test
  void policyUsesNeitherPlansNorBackends() {
    verify(
        noClasses()
            .that()
            .resideInAPackage("org.ringfence.policy..")
            .and()
            .resideOutsideOfPackage("org.ringfence.policy.json..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.ringfence.plan..", "org.ringfence.spi..", "org.ringfence"));
  }

  @Test
  void noStaticFieldIsMutable() {
    verify(
        noFields()
            .that()
            .areStatic()
            .and()
            .areNotFinal()
            .should()
            .beDeclaredInClassesThat()
            .resideOutsideOfPackage("org.ringfence..")
            .allowEmptyShould(true));
  }
}
