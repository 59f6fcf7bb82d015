package dev.pullback.engines;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.pullback.train.config.Backend;
import dev.pullback.train.config.DeviceChoice;
import java.nio.file.Files;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The arrows between modules and packages. */
class ArchitectureTest {

  private static final String TRAIN = "dev.pullback.train";
  private static final Set<String> MOVING = Set.of("move", "delete", "deleteIfExists");

  private static final Set<String> CHOOSING =
      Set.of("cpu", "gpu", "fromName", "defaultDevice", "newBaseManager", "newInstance");

  private static final JavaClasses PRODUCT =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .withImportOption(location -> !location.contains("-tests.jar"))
          .importPackages("dev.pullback");

  @Test
  void modulesPointOneWay() {
    layeredArchitecture()
        .consideringOnlyDependenciesInAnyPackage("dev.pullback..")
        .layer("engine")
        .definedBy("dev.pullback.engine..")
        .layer("optim")
        .definedBy("dev.pullback.optim..")
        .layer("collective")
        .definedBy("dev.pullback.collective..")
        .layer("tokenizer")
        .definedBy("dev.pullback.tokenizer..")
        .layer("train")
        .definedBy("dev.pullback.train..")
        .optionalLayer("bench")
        .definedBy("dev.pullback.bench..")
        .whereLayer("engine")
        .mayNotAccessAnyLayer()
        .whereLayer("optim")
        .mayOnlyAccessLayers("engine")
        .whereLayer("collective")
        .mayOnlyAccessLayers("optim")
        .whereLayer("tokenizer")
        .mayNotAccessAnyLayer()
        .whereLayer("train")
        .mayOnlyAccessLayers("engine", "optim", "collective", "tokenizer")
        .check(PRODUCT);
  }

  @Test
  void packagesOfTrainingPointOneWay() {
    layeredArchitecture()
        .consideringOnlyDependenciesInAnyPackage(TRAIN + "..")
        .layer("root")
        .definedBy(TRAIN)
        .layer("cli")
        .definedBy(TRAIN + ".cli")
        .layer("config")
        .definedBy(TRAIN + ".config")
        .layer("corpus")
        .definedBy(TRAIN + ".corpus")
        .layer("data")
        .definedBy(TRAIN + ".data")
        .layer("chat")
        .definedBy(TRAIN + ".chat")
        .layer("evaluate")
        .definedBy(TRAIN + ".evaluate")
        .layer("generate")
        .definedBy(TRAIN + ".generate")
        .layer("huggingface")
        .definedBy(TRAIN + ".huggingface")
        .layer("loop")
        .definedBy(TRAIN + ".loop")
        .layer("model")
        .definedBy(TRAIN + ".model")
        .layer("paper")
        .definedBy(TRAIN + ".paper")
        .layer("ranks")
        .definedBy(TRAIN + ".ranks")
        .layer("report")
        .definedBy(TRAIN + ".report")
        .layer("scaling")
        .definedBy(TRAIN + ".scaling")
        .layer("store")
        .definedBy(TRAIN + ".store")
        .layer("study")
        .definedBy(TRAIN + ".study")
        .layer("task")
        .definedBy(TRAIN + ".task")
        .layer("watch")
        .definedBy(TRAIN + ".watch")
        .whereLayer("root")
        .mayNotAccessAnyLayer()
        .whereLayer("paper")
        .mayNotAccessAnyLayer()
        .whereLayer("store")
        .mayOnlyAccessLayers("root")
        .whereLayer("model")
        .mayOnlyAccessLayers("root")
        .whereLayer("data")
        .mayOnlyAccessLayers("root", "store")
        .whereLayer("corpus")
        .mayOnlyAccessLayers("root", "data", "store")
        .whereLayer("config")
        .mayOnlyAccessLayers("root", "paper", "model", "data")
        .whereLayer("task")
        .mayOnlyAccessLayers("root", "config", "corpus", "data", "model", "store")
        .whereLayer("evaluate")
        .mayOnlyAccessLayers("root", "model", "task")
        .whereLayer("chat")
        .mayOnlyAccessLayers("root")
        .whereLayer("generate")
        .mayOnlyAccessLayers("root", "chat", "data", "model", "task")
        .whereLayer("huggingface")
        .mayOnlyAccessLayers("root", "config", "data", "model", "store")
        .whereLayer("loop")
        .mayOnlyAccessLayers("root", "config", "model", "store", "task")
        .whereLayer("ranks")
        .mayOnlyAccessLayers("root")
        .whereLayer("study")
        .mayOnlyAccessLayers("root", "config", "loop", "model", "paper", "scaling", "store", "task")
        .whereLayer("scaling")
        .mayOnlyAccessLayers("root")
        .whereLayer("report")
        .mayOnlyAccessLayers("root", "paper", "scaling", "store", "study")
        .whereLayer("watch")
        .mayOnlyAccessLayers("root", "report", "store", "study")
        .check(PRODUCT);
  }

  @Test
  void noPackagesDependOnEachOther() {
    slices().matching("dev.pullback.(train.*)..").should().beFreeOfCycles().check(PRODUCT);
  }

  @Test
  void onlyTheLoopDifferentiates() {
    noClasses()
        .that()
        .resideInAPackage(TRAIN + "..")
        .and()
        .resideOutsideOfPackage(TRAIN + ".loop")
        .should()
        .callMethodWhere(
            DescribedPredicate.describe(
                "backward is called",
                (JavaCall<?> call) ->
                    call.getTargetOwner().isAssignableTo(GradientCollector.class)
                        && call.getName().equals("backward")))
        .check(PRODUCT);
  }

  /** A manager or a model made without a device takes the engine's own, not the run's. */
  @Test
  void onlyTheBackendChoosesADevice() {
    noClasses()
        .that()
        .resideInAPackage(TRAIN + "..")
        .and()
        .doNotBelongToAnyOf(Backend.class, DeviceChoice.class)
        .should()
        .callMethodWhere(
            DescribedPredicate.describe(
                "a device is chosen",
                (JavaCall<?> call) -> CHOOSING.contains(call.getName()) && isOfDjl(call)))
        .check(PRODUCT);
  }

  private static boolean isOfDjl(JavaCall<?> call) {
    return Stream.of(Device.class, Engine.class, Model.class, NDManager.class)
        .anyMatch(type -> call.getTargetOwner().isAssignableTo(type));
  }

  @Test
  void onlyTheStoreRenamesAndDeletes() {
    noClasses()
        .that()
        .resideInAPackage(TRAIN + "..")
        .and()
        .resideOutsideOfPackage(TRAIN + ".store")
        .should()
        .callMethodWhere(
            DescribedPredicate.describe(
                "files are renamed or deleted",
                (JavaCall<?> call) ->
                    call.getTargetOwner().isEquivalentTo(Files.class)
                        && MOVING.contains(call.getName())))
        .check(PRODUCT);
  }
}
