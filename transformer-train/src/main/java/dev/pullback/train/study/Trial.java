package dev.pullback.train.study;

import ai.djl.training.tracker.Tracker;
import ai.djl.training.tracker.WarmUpTracker;
import com.fasterxml.jackson.annotation.JsonInclude;
import dev.pullback.optim.InducedMetric;
import dev.pullback.optim.Kernels;
import dev.pullback.optim.MuonRule;
import dev.pullback.optim.Optimizers;
import dev.pullback.optim.StepOptimizer;
import dev.pullback.optim.StepOptimizerBuilder;
import dev.pullback.optim.UpdateRule;
import dev.pullback.train.config.NamedEmbedding;
import dev.pullback.train.loop.ComponentStepper;
import dev.pullback.train.loop.Stepper;
import dev.pullback.train.loop.WholeLossStepper;
import dev.pullback.train.task.ShakespeareWorkload;
import dev.pullback.train.task.Subjects;
import dev.pullback.train.task.TestFunction;
import dev.pullback.train.task.Workload;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * One optimiser with one set of hyperparameters and one seed.
 *
 * @param task the experiment it belongs to
 * @param subject the data set it trains on; the function for {@code lowdim}
 * @param variant what is varied, or null
 * @param optimizer a name that {@link Optimizers} knows
 * @param embedding the name of a {@link NamedEmbedding} instead of the optimiser's own, or null
 * @param seed where all randomness comes from
 * @param hyperparameters by name; {@code clip_norm} clips by global norm, {@code warmup_steps} lets
 *     the learning rate rise linearly from 0 over so many steps, {@code components} gives each
 *     component of the loss a dimension of its own
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Trial(
    String task,
    String subject,
    String variant,
    String optimizer,
    NamedEmbedding embedding,
    long seed,
    Map<String, Double> hyperparameters) {

  /** How many names {@link #folder} has below {@code trials}. */
  public static final int FOLDERS = 4;

  private static final String CLIP_NORM = "clip_norm";
  private static final String WARMUP_STEPS = "warmup_steps";
  private static final String COMPONENTS = "components";

  public Trial {
    hyperparameters = new TreeMap<>(hyperparameters);
  }

  /** Returns the trial's folder below that of the experiments. */
  public Path folder() {
    String name = variant == null ? optimizer : optimizer + "-" + variant;
    String safe = name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9._=+-]+", "_");
    return Path.of("trials", task, subject, safe, "seed-" + seed);
  }

  /** Tells whether it is a search for the least value of a function of two variables. */
  public boolean onFunction() {
    return TestFunction.byName(subject).isPresent();
  }

  /** Creates what takes the steps. */
  public Stepper stepper(Workload work, Kernels kernels) {
    Double components = hyperparameters.get(COMPONENTS);
    return components == null
        ? new WholeLossStepper(work, optimizerBuilder().optKernels(kernels))
        : new ComponentStepper(work, components.intValue(), hyperparameters);
  }

  /** Starts the optimiser. */
  public StepOptimizerBuilder<?> optimizerBuilder() {
    Map<String, Double> own = new TreeMap<>(hyperparameters);
    Double clipNorm = own.remove(CLIP_NORM);
    Double warmupSteps = own.remove(WARMUP_STEPS);
    StepOptimizerBuilder<?> builder = optimizerBuilder(own);
    if (clipNorm != null) {
      builder.optClipGradientNorm(clipNorm);
    }
    if (warmupSteps != null) {
      builder.optLearningRateTracker(
          WarmUpTracker.builder()
              .setMainTracker(Tracker.fixed(own.get("lr").floatValue()))
              .optWarmUpSteps(warmupSteps.intValue())
              .build());
    }
    return builder;
  }

  private StepOptimizerBuilder<?> optimizerBuilder(Map<String, Double> own) {
    if (embedding != null) {
      return embedded(own);
    }
    return optimizer.equals("muon") && subject.equals(Subjects.SHAKESPEARE)
        ? miniGptMuon(own)
        : Optimizers.builder(optimizer, own);
  }

  /** Muon with the paper's choice of what it orthogonalises in a MiniGPT. */
  private static StepOptimizerBuilder<?> miniGptMuon(Map<String, Double> h) {
    UpdateRule rule =
        new MuonRule(
            h.get("beta"),
            h.get("adam_beta1"),
            h.get("adam_beta2"),
            h.get("eps"),
            ShakespeareWorkload::muonRole);
    return StepOptimizer.builder(rule)
        .optLearningRate(h.get("lr"))
        .optWeightDecay(h.get("weight_decay"));
  }

  /** The RMS metric with another embedding. */
  private StepOptimizerBuilder<?> embedded(Map<String, Double> h) {
    return InducedMetric.builder()
        .optRms(h.get("beta_rms"), h.get("eps"))
        .optEmbedding(embedding.embedding())
        .optXi(h.get("xi"))
        .optBeta(h.get("beta"))
        .optMomentum(h.get("momentum"))
        .optLearningRate(h.get("lr"))
        .optWeightDecay(h.get("weight_decay"));
  }
}
