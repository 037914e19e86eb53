package org.ringfence.conformance;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import org.junit.jupiter.api.Test;

/** Checks the dependencies between packages and modules. */
class ArchitectureTest {
  static final JavaClasses ALL =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("org.ringfence");

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
