package dev.pullback.optim;

import ai.djl.translate.TranslateException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * Trains the small problem with every optimiser and prints one line each, {@code name=digest}, to
 * be run in a process of its own.
 */
final class DeterminismMain {

  private DeterminismMain() {}

  public static void main(String[] args) throws IOException, TranslateException {
    lines().forEach(System.out::println);
  }

  /** Digests weights, state and reports after a few steps with DJL's random order of updates. */
  static List<String> lines() throws IOException, TranslateException {
    List<String> lines = new ArrayList<>();
    for (OptimizerSpec spec : Golden.optimizers()) {
      try (MlpProblem problem = new MlpProblem();
          StepOptimizer optimizer = Optimizers.builder(spec.name(), Map.of()).build()) {
        List<StepReport> reports = problem.train(optimizer, 3);
        lines.add(
            spec.name() + "=" + digest(reports + "" + Snapshot.of(problem.block(), optimizer)));
      }
    }
    return lines;
  }

  private static String digest(String text) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }
}
