package dev.pullback.engines;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** What the compiled classes of all modules may know of engines. */
class EngineBoundaryTest {

  private static final JavaClasses PRODUCT =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .withImportOption(location -> !location.contains("-tests.jar"))
          .importPackages("dev.pullback");

  @Test
  void onlyTheEnginePackageNamesEngineClasses() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.pullback.engine")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("ai.djl.pytorch..", "ai.djl.mxnet..")
        .check(PRODUCT);
  }

  @Test
  void engineClassesAreReachedThroughOneInterface() {
    classes()
        .that()
        .resideInAPackage("dev.pullback.engine")
        .and()
        .haveSimpleNameEndingWith("Support")
        .and()
        .areNotInterfaces()
        .should()
        .bePackagePrivate()
        .check(PRODUCT);
  }

  @Test
  void thePackageThatMayNameThemDoesNotDependOnAlgorithms() {
    noClasses()
        .that()
        .resideInAPackage("dev.pullback.engine")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.pullback.optim", "dev.pullback.train..")
        .check(PRODUCT);
  }
}
