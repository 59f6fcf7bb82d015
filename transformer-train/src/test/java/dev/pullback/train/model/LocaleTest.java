package dev.pullback.train.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.util.Pair;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A model has the same parameters and starts from the same bits whatever the user's language. */
@ResourceLock(Resources.LOCALE)
class LocaleTest {

  private static final Map<String, Supplier<NamedParameterBlock>> MODELS =
      Map.of(
          "mlp", () -> new Mlp(3, 4, 5, 2),
          "resnet", () -> new ResNet18(3),
          "gpt", () -> new GptBlock(gpt(Initialization.GPT2), 3),
          "gpt of Flax", () -> new GptBlock(gpt(Initialization.FLAX), 3));

  private static final Map<String, Map<String, float[]>> ENGLISH = new HashMap<>();

  @ParameterizedTest
  @ValueSource(strings = {"ar-EG", "fa-IR", "tr-TR"})
  void languageChangesNothing(String tag) {
    Locale before = Locale.getDefault();
    for (Map.Entry<String, Supplier<NamedParameterBlock>> model : MODELS.entrySet()) {
      Map<String, float[]> expected =
          ENGLISH.computeIfAbsent(
              model.getKey(), name -> initialised(model.getValue(), Locale.ENGLISH));
      Map<String, float[]> found = initialised(model.getValue(), Locale.forLanguageTag(tag));
      assertEquals(List.copyOf(expected.keySet()), List.copyOf(found.keySet()), model.getKey());
      expected.forEach(
          (path, values) -> assertArrayEquals(values, found.get(path), model.getKey() + path));
    }
    assertEquals(before, Locale.getDefault());
  }

  /** Such a language changes digits, or the test above would show nothing. */
  @ParameterizedTest
  @ValueSource(strings = {"ar-EG", "fa-IR"})
  void languageHasDigitsOfItsOwn(String tag) {
    assertNotEquals("1", String.format(Locale.forLanguageTag(tag), "%d", 1));
  }

  private static Map<String, float[]> initialised(
      Supplier<NamedParameterBlock> model, Locale locale) {
    Locale before = Locale.getDefault();
    Locale.setDefault(locale);
    try (NDManager manager = NDManager.newBaseManager()) {
      NamedParameterBlock block = model.get();
      block.initialize(manager, DataType.FLOAT32, new Shape(1, 4));
      Map<String, float[]> values = new LinkedHashMap<>();
      for (Pair<String, Parameter> pair : block.getParameters()) {
        values.put(pair.getKey(), pair.getValue().getArray().toFloatArray());
      }
      return values;
    } finally {
      Locale.setDefault(before);
    }
  }

  private static GptConfig gpt(Initialization initialization) {
    return new GptConfig(5, 4, 2, 1, 4, 0, false, true, Gelu.ERF, 1e-5, initialization);
  }
}
