package dev.pullback.train.huggingface;

import dev.pullback.train.model.LanguageModelConfig;
import java.util.List;
import java.util.stream.Collectors;

/** Every form of a family of models: one row each. */
final class HubFormats {

  private static final List<HubFormat> ALL = List.of(new Gpt2Format(), new LlamaFormat());

  private HubFormats() {}

  /** Finds the format that a configuration says. */
  static HubFormat of(HubConfig config) {
    String type = config.text("model_type");
    return ALL.stream()
        .filter(format -> format.types().contains(type))
        .findFirst()
        .orElseThrow(
            () ->
                config.wrong(
                    "model_type is %s; only models of %s can be imported"
                        .formatted(
                            type,
                            ALL.stream()
                                .flatMap(format -> format.types().stream())
                                .collect(Collectors.joining(", ")))));
  }

  /** Finds the format of a model. */
  static HubFormat of(LanguageModelConfig shape) {
    return ALL.stream()
        .filter(format -> format.writes(shape))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("There is no format for " + shape));
  }
}
