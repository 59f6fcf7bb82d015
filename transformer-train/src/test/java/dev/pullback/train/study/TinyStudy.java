package dev.pullback.train.study;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A study of two sizes and two optimisers that takes seconds. */
public final class TinyStudy {

  private static final String PLAN =
      """
      base:
        preset: nanogpt-cpu
        data: %s
        layers: 1
        heads: 2
        context: 16
        batch: 4
        max-steps: 6
        warmup-steps: 2
        eval-interval: 3
        save-interval: 3
        threads: 1
        kernels: portable
      sizes:
        small: {width: 8}
        large: {width: 16}
      tuning: {points: 2, seed: 9}
      evaluation: {seeds: [1, 2, 3]}
      optimizers:
        adamw:
          optimizer: adamw
          search: {lr: [3e-4, 3e-2, log], weight-decay: [0, 1, linear]}
        cross:
          optimizer: sgd_rms_cross
          coupling: -0.5
          search: {lr: [3e-4, 3e-2, log], xi: [1e-6, 1e-1, log]}
      """;

  private TinyStudy() {}

  static String plan(Path folder) throws IOException {
    Path text = Files.writeString(folder.resolve("text.txt"), "To be, or not to be. ".repeat(30));
    return PLAN.formatted(text);
  }

  /** Writes the plan and its text; returns the plan. */
  public static Path write(Path folder) throws IOException {
    return Files.writeString(folder.resolve("tiny.yaml"), plan(folder));
  }

  /** Writes what came of a trial, as if it had been run. */
  public static void finish(Path out, TrialSpec trial, Double loss) throws IOException {
    write(
        out,
        trial,
        loss == null
            ? "{\"optimizer\":\"x\",\"failed\":true,\"failure\":\"not finite\"}"
            : "{\"optimizer\":\"x\",\"failed\":false,\"loss\":%s,\"seconds\":2.0}".formatted(loss));
  }

  /** Writes a loss after so many tokens. */
  public static void finish(Path out, TrialSpec trial, double loss, long tokens)
      throws IOException {
    write(
        out,
        trial,
        "{\"optimizer\":\"x\",\"failed\":false,\"loss\":%s,\"seconds\":2.0,\"tokens\":%d}"
            .formatted(loss, tokens));
  }

  /** Writes the first training loss of a trial. */
  public static void log(Path out, TrialSpec trial, double loss) throws IOException {
    Files.writeString(
        out.resolve(trial.folder()).resolve("metrics.jsonl"),
        "{\"step\":1,\"split\":\"train\",\"loss\":%s}\n".formatted(loss));
  }

  private static void write(Path out, TrialSpec trial, String row) throws IOException {
    Path folder = Files.createDirectories(out.resolve(trial.folder()));
    Files.writeString(folder.resolve("row.json"), row);
  }
}
