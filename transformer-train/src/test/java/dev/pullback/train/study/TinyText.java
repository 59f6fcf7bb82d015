package dev.pullback.train.study;

import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.RunOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** The paper's language model made small, on a text of three steps an epoch. */
final class TinyText {

  /** Windows of an epoch that make whole batches. */
  static final int STEPS_PER_EPOCH = 3;

  private TinyText() {}

  static Path write(Path folder) throws IOException {
    return Files.writeString(folder.resolve("text.txt"), "To be, or not to be. ".repeat(11));
  }

  static Map<String, String> size(Path text) {
    Map<String, String> small = new LinkedHashMap<>();
    small.put("data", text.toString());
    small.put("layers", "1");
    small.put("heads", "2");
    small.put("width", "16");
    small.put("context", "16");
    small.put("batch", "4");
    small.put("epochs", "4");
    small.put("save-interval", "3");
    small.put("threads", "1");
    return small;
  }

  static TrialSpec trial(Path text, Map<String, String> changes) {
    RunOptions options = new RunOptions();
    options.preset = "paper";
    options.optimizer = changes.getOrDefault("optimizer", "adam");
    Map<String, String> own = size(text);
    own.put("kernels", "portable");
    own.putAll(changes);
    return new TrialSpec("tiny", "tiny", null, RunConfig.resolve(null, options).with(own));
  }
}
