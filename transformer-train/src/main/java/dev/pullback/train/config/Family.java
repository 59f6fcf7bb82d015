package dev.pullback.train.config;

import dev.pullback.train.model.GptConfig;
import dev.pullback.train.model.LanguageModelConfig;
import dev.pullback.train.model.LlamaConfig;
import dev.pullback.train.model.RotaryScaling;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The families of language models: which options each takes, and the shape that they describe. */
public enum Family {
  /** GPT-2. */
  GPT("nanogpt-cpu", "heads dropout bias gelu", "") {
    @Override
    LanguageModelConfig shape(RunOptions o, int vocabulary) {
      return new GptConfig(
          vocabulary,
          o.context,
          o.layers,
          o.heads,
          o.width,
          o.dropout,
          o.tiedHead,
          o.bias,
          o.gelu,
          o.layerNormEps,
          o.initialization);
    }
  },
  /** Llama; with biases Qwen2, with a window Mistral. */
  LLAMA(
      "nanollama-cpu",
      "heads",
      "kv-heads head-width inner-width bias window rotary-base rotary-scaling") {
    @Override
    LanguageModelConfig shape(RunOptions o, int vocabulary) {
      return new LlamaConfig(
          vocabulary,
          o.context,
          o.layers,
          o.heads,
          or(o.kvHeads, o.heads),
          headWidth(o),
          o.width,
          innerWidth(o),
          or(o.window, 0),
          or(o.rotaryBase, ROTARY_BASE),
          o.rotaryScaling == null ? null : RotaryScaling.parse(o.rotaryScaling),
          o.tiedHead,
          or(o.bias, false),
          o.layerNormEps,
          o.initialization);
    }

    @Override
    Map<String, String> defaults(RunOptions o) {
      return Map.of(
          "kv-heads",
          o.heads.toString(),
          "head-width",
          "" + headWidth(o),
          "inner-width",
          "" + innerWidth(o),
          "window",
          "0",
          "rotary-base",
          "" + ROTARY_BASE,
          "bias",
          "false");
    }

    private static int headWidth(RunOptions o) {
      return or(o.headWidth, o.width / Math.max(1, o.heads));
    }

    private static int innerWidth(RunOptions o) {
      return or(o.innerWidth, (int) (o.width * 8L / 3 + 63) / 64 * 64);
    }
  };

  private static final double ROTARY_BASE = 10_000;

  private static final String ALL = "context layers width tied-head layer-norm-eps initialization";

  private final String preset;
  private final String needed;
  private final String optional;

  /** Keys are separated by spaces. */
  Family(String preset, String needed, String optional) {
    this.preset = preset;
    this.needed = needed;
    this.optional = optional;
  }

  private static <T> T or(T value, T fallback) {
    return value == null ? fallback : value;
  }

  /** Returns the preset that a run of this family takes if it names none. */
  String preset() {
    return preset;
  }

  /** Returns the keys without which there is no shape. */
  Set<String> needed() {
    return keys(ALL + " " + needed);
  }

  /** Returns the keys of a shape that mean something to this family. */
  Set<String> taken() {
    return keys("family vocabulary " + ALL + " " + needed + " " + optional);
  }

  private static Set<String> keys(String text) {
    return new LinkedHashSet<>(List.of(text.strip().split(" ")));
  }

  /** Returns by key what an option is taken for that is not given; the needed ones are there. */
  Map<String, String> defaults(RunOptions options) {
    return Map.of();
  }

  /** Returns the shape; the needed options are there. */
  abstract LanguageModelConfig shape(RunOptions options, int vocabulary);
}
