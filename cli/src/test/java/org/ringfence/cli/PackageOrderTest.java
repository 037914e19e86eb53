package org.ringfence.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.Architectures;
import java.util.List;
import org.junit.jupiter.api.Test;

class PackageOrderTest {
  /** Each package may depend only on later packages of this list. */
  private static final List<String> PACKAGES =
      List.of(
          "command",
          "run",
          "policy",
          "report",
          "terminal",
          "completion",
          "learn",
          "confirm",
          "imports",
          "json",
          "start");

  @Test
  void packagesDependOnThoseBelowThemAlone() {
    String root = PackageOrderTest.class.getPackageName();
    JavaClasses classes =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(root);
    Architectures.LayeredArchitecture rule =
        Architectures.layeredArchitecture().consideringOnlyDependenciesInLayers();
    for (String name : PACKAGES) {
      rule = rule.layer(name).definedBy(root + "." + name + "..");
    }
    for (int i = 0; i < PACKAGES.size(); i++) {
      String[] below = PACKAGES.subList(i + 1, PACKAGES.size()).toArray(String[]::new);
      rule =
          below.length == 0
              ? rule.whereLayer(PACKAGES.get(i)).mayNotAccessAnyLayer()
              : rule.whereLayer(PACKAGES.get(i)).mayOnlyAccessLayers(below);
    }
    rule.check(classes);
    assertThat(classes)
        .allMatch(
            one ->
                one.getPackageName().equals(root)
                    || PACKAGES.contains(one.getPackageName().substring(root.length() + 1)));
  }
}
