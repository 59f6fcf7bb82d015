package dev.pullback.train.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Damaged files of folders in Hugging Face's form. */
final class HostileModels {

  private static final String BIG = "9".repeat(400);

  private HostileModels() {}

  /** Of a {@code config.json} of GPT-2. */
  static List<Damage> configurations(Random random) {
    List<Damage> damages = new ArrayList<>(Damage.ofAnyJsonObject(random));
    for (String key :
        List.of("n_layer", "n_head", "n_embd", "n_positions", "vocab_size", "n_inner")) {
      damages.addAll(
          Damage.values("/" + key, "0", "-1", "1.5", "2000000000", BIG, "\"4\"", "true", "[1]"));
    }
    for (String key : List.of("n_layer", "n_head", "n_embd", "n_positions", "vocab_size")) {
      damages.addAll(Damage.values("/" + key, "null", "3"));
    }
    damages.addAll(Damage.values("/model_type", null, "null", "3", "\"bert\"", "\"llama\""));
    damages.addAll(
        Damage.values("/model_type", "\"" + "x".repeat(100_000) + "\"", "\"gpt2\\u0000\""));
    damages.addAll(Damage.values("/activation_function", "\"relu\"", "3"));
    damages.addAll(Damage.values("/layer_norm_epsilon", "0", "-1", "2", "1e999", "\"1e-5\""));
    damages.addAll(Damage.values("/resid_pdrop", "1", "-0.5", "\"0\""));
    damages.addAll(Damage.values("/tie_word_embeddings", "1", "\"true\"", "false"));
    damages.addAll(Damage.values("/scale_attn_weights", "false"));
    damages.addAll(Damage.values("/quantization_config", "{\"bits\": 4}"));
    return damages;
  }

  /** Of a {@code tokenizer.json} of characters. */
  static List<Damage> tokenizers(Random random) {
    List<Damage> damages = new ArrayList<>(Damage.ofAnyJsonObject(random));
    damages.addAll(Damage.values("/model", null, "null", "3", "{}"));
    damages.addAll(Damage.values("/model/vocab", null, "[]", "{\"ab\": 0}", "{\"a\": 1}"));
    damages.addAll(
        Damage.values(
            "/model/vocab", "{\"\": 0}", "{\"\\ud800\": 0}", "{\"b\": 0, \"a\": 1}", "{}"));
    damages.addAll(Damage.values("/model/unk_token", "\"\"", "\"zz\"", "3"));
    damages.addAll(Damage.values("/model/merges", "[\"a b\"]"));
    damages.addAll(Damage.values("/decoder", null, "{\"type\": \"WordPiece\"}"));
    return damages;
  }
}
