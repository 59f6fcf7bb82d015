package dev.pullback.train.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pullback.optim.Golden;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Folders that Hugging Face's transformers wrote, with what it computed. {@code
 * -Dpullback.golden=DIR} takes those of {@code DIR/hf}. All have one tokenizer, bundled once.
 */
public final class HubGolden {

  static final List<String> FOLDERS =
      List.of(
          "gpt2",
          "gpt2-hub",
          "llama",
          "llama-sharded",
          "llama-bf16",
          "llama-tied",
          "llama-rope3",
          "qwen2",
          "mistral");

  private HubGolden() {}

  /** Copies a folder. */
  public static Path folder(String name, Path to) throws IOException {
    Files.createDirectories(to);
    Stream<String> shards =
        IntStream.rangeClosed(1, 5).mapToObj("model-%05d-of-00005.safetensors"::formatted);
    List<String> files =
        Stream.concat(
                Stream.of(
                    "config.json",
                    "config.v4.json",
                    "model.safetensors",
                    "model.safetensors.index.json"),
                shards)
            .toList();
    for (String file : files) {
      try (InputStream in = open(name + "/" + file)) {
        if (in != null) {
          Files.copy(in, to.resolve(file));
        }
      }
    }
    try (InputStream in = open("gpt2/tokenizer.json")) {
      Files.copy(in, to.resolve("tokenizer.json"));
    }
    return to;
  }

  /** Returns what was computed; other forms of the same weights have no file of their own. */
  public static JsonNode numbers(String name) {
    return Golden.read("hf/" + name.replaceAll("-(hub|sharded)$", "") + "/golden.json");
  }

  private static InputStream open(String file) throws IOException {
    String directory = System.getProperty("pullback.golden");
    if (directory == null) {
      return HubGolden.class.getResourceAsStream("/golden/hf/" + file);
    }
    Path path = Path.of(System.getProperty("pullback.root", ""), directory, "hf", file);
    return Files.exists(path) ? new ByteArrayInputStream(Files.readAllBytes(path)) : null;
  }
}
