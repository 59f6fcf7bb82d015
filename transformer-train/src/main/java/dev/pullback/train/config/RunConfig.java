package dev.pullback.train.config;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.optim.Optimizers;
import dev.pullback.optim.StepOptimizerBuilder;
import dev.pullback.train.InputException;
import dev.pullback.train.model.GptConfig;
import dev.pullback.train.model.Precision;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** A complete, checked configuration of a run. */
public final class RunConfig {

  private final RunOptions options;
  private final Map<String, Double> hyperparameters;

  private RunConfig(RunOptions options) {
    this.options = options;
    this.hyperparameters = hyperparameters(options);
    check();
  }

  /**
   * Layers preset, file and flags, and checks the result.
   *
   * @param file a YAML file of options, or null
   * @param flags options given on the command line
   * @return the configuration
   * @throws InputException if a name is unknown or a value out of range
   */
  public static RunConfig resolve(Path file, RunOptions flags) {
    ObjectNode said = Yaml.MAPPER.createObjectNode();
    if (file != null) {
      said.setAll(Yaml.read(file));
    }
    said.setAll((ObjectNode) Yaml.MAPPER.valueToTree(flags));
    String preset = said.path("preset").asText(Presets.DEFAULT);
    ObjectNode all = Presets.options(preset, said.path("optimizer").asText(null));
    all.put("preset", preset);
    all.setAll(said);
    return new RunConfig(Yaml.toOptions(all));
  }

  /**
   * Returns the engine to run on.
   *
   * @return the engine
   */
  public TrainingEngine engine() {
    return options.engine;
  }

  /**
   * Returns the number of threads.
   *
   * @return at least 1, or 0 for the engine's own choice
   */
  public int threads() {
    return options.threads;
  }

  /**
   * Returns the number formats.
   *
   * @return float32 or mixed
   */
  public Precision precision() {
    return options.precision;
  }

  public RunOptions options() {
    return options;
  }

  /** Returns the options as YAML, from which the same configuration can be read again. */
  public String toYaml() {
    return Yaml.write(options);
  }

  public GptConfig model(int vocabulary) {
    try {
      return new GptConfig(
          vocabulary,
          options.context,
          options.layers,
          options.heads,
          options.width,
          options.dropout,
          options.tiedHead,
          options.bias,
          options.gelu,
          options.layerNormEps,
          options.initialization);
    } catch (IllegalArgumentException e) {
      throw new InputException(e.getMessage(), e);
    }
  }

  /** Starts the optimiser with schedule, decay mask and clipping. */
  public StepOptimizerBuilder<?> optimizer() {
    try {
      StepOptimizerBuilder<?> builder = Optimizers.builder(options.optimizer, hyperparameters);
      if (options.lr > 0) {
        builder.optLearningRateTracker(
            options.lrSchedule.over(
                options.lr, options.finalLrFraction, options.warmupSteps, options.maxSteps));
      }
      builder.setRescaleGrad(1f / options.accumulate);
      builder.optDecayMask(options.decayMask::includes);
      builder.optNonFinite(options.nonFinite);
      builder.optKernels(options.kernels);
      if (options.clipNorm != 0) {
        builder.optClipGradientNorm(options.clipNorm);
      }
      return builder;
    } catch (IllegalArgumentException e) {
      throw new InputException(e.getMessage(), e);
    }
  }

  /** Collects the optimiser's hyperparameters under the names that {@link Optimizers} knows. */
  private static Map<String, Double> hyperparameters(RunOptions o) {
    Map<String, Double> given = new HashMap<>();
    given.put("lr", o.lr);
    given.put("weight_decay", o.weightDecay);
    given.put("xi", o.xi);
    given.put("beta", o.beta);
    given.put("momentum", o.momentum);
    given.put("beta_rms", o.betaRms);
    given.put("beta1", o.beta1);
    given.put("beta2", o.beta2);
    given.put("decay", o.decay);
    given.put("adam_beta1", o.adamBeta1);
    given.put("adam_beta2", o.adamBeta2);
    given.put("eps", o.eps);
    given.values().removeIf(value -> value == null);
    return given;
  }

  private void check() {
    double fraction = options.finalLrFraction;
    if (!(fraction >= 0 && fraction < 1)) {
      throw new InputException("final-lr-fraction must be in [0, 1), but is " + fraction);
    }
    InputException.atLeast("max-steps", options.maxSteps, 1);
    InputException.atLeast("batch", options.batch, 1);
    InputException.atLeast("accumulate", options.accumulate, 1);
    InputException.atLeast("eval-interval", options.evalInterval, 1);
    InputException.atLeast("log-interval", options.logInterval, 1);
    InputException.atLeast("threads", options.threads, 0);
    InputException.atLeast("warmup-steps", options.warmupSteps, 0);
    options.engine.check(options.kernels, options.precision);
    optimizer().build().close();
    model(1);
  }
}
