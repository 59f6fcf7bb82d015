package dev.pullback.engines;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pullback.engine.EngineSupport;
import dev.pullback.optim.StepOptimizer;
import dev.pullback.tokenizer.CharTokenizer;
import dev.pullback.train.loop.TrainingRun;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarFile;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a published jar holds beside its classes. */
class JarsIT {

  @ParameterizedTest
  @ValueSource(
      classes = {EngineSupport.class, StepOptimizer.class, CharTokenizer.class, TrainingRun.class})
  void namesItsModuleAndHoldsItsLicence(Class<?> one) throws IOException, URISyntaxException {
    Path path = Path.of(one.getProtectionDomain().getCodeSource().getLocation().toURI());
    try (JarFile jar = new JarFile(path.toFile())) {
      String name = jar.getManifest().getMainAttributes().getValue("Automatic-Module-Name");
      String module = String.join(".", List.of(one.getPackageName().split("\\.")).subList(0, 3));
      assertEquals(module, name);
      byte[] licence = jar.getInputStream(jar.getEntry("META-INF/LICENSE")).readAllBytes();
      assertTrue(new String(licence, StandardCharsets.UTF_8).contains("Apache License"));
    }
  }
}
