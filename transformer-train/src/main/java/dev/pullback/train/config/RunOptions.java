package dev.pullback.train.config;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import com.fasterxml.jackson.annotation.JsonInclude;
import dev.pullback.optim.Kernels;
import dev.pullback.optim.NonFinitePolicy;
import dev.pullback.train.model.Gelu;
import dev.pullback.train.model.Initialization;
import dev.pullback.train.model.Precision;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/**
 * Everything a person may say about a run; null where nothing was said. The same names serve as
 * command-line flags and, without the dashes in front, as keys of a YAML file. Presets, the file
 * and the flags are layered into one, the later winning.
 */
@JsonAutoDetect(fieldVisibility = JsonAutoDetect.Visibility.ANY)
@JsonInclude(JsonInclude.Include.NON_NULL)
public final class RunOptions {

  /** Creates options that say nothing. */
  public RunOptions() {}

  /**
   * Creates options that say nothing but the engine.
   *
   * @param engine the engine, or null
   * @return the options
   */
  public static RunOptions onEngine(TrainingEngine engine) {
    return onEngine(engine, null);
  }

  /**
   * Creates options that say nothing but the engine and the precision.
   *
   * @param engine the engine, or null
   * @param precision the number formats, or null
   * @return the options
   */
  public static RunOptions onEngine(TrainingEngine engine, Precision precision) {
    RunOptions options = new RunOptions();
    options.engine = engine;
    options.precision = precision;
    return options;
  }

  @Option(
      names = "--engine",
      paramLabel = "NAME",
      description = "PyTorch (default) or MXNet; './pullback' installs MXNet when it is asked for.")
  public TrainingEngine engine;

  @Option(
      names = "--preset",
      paramLabel = "NAME",
      description = "Model and recipe: nanogpt-cpu (default), nanogpt, paper.")
  public String preset;

  @Option(
      names = "--dataset",
      paramLabel = "NAME",
      description =
          "tinyshakespeare or plays. Default: TinyShakespeare from the data folder, else"
              + " downloaded, else the bundled plays.")
  public String dataset;

  @Option(names = "--data", paramLabel = "FILE", description = "A UTF-8 text file to train on.")
  public Path data;

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      description = "Folder of data sets. Default: $PULLBACK_DATA, else ~/.pullback.")
  public Path dataDir;

  @Option(
      names = "--optimizer",
      paramLabel = "NAME",
      description = "sgd_metric, sgd_log_metric, sgd_rms, sgd, adam, adamw, rmsprop, lion or muon.")
  public String optimizer;

  @Option(names = "--lr", paramLabel = "ETA", description = "Learning rate, at least 0.")
  public Double lr;

  @Option(
      names = "--lr-schedule",
      paramLabel = "NAME",
      description = "constant, linear or cosine decay after the warm-up.")
  public LearningRateSchedule lrSchedule;

  @Option(
      names = "--warmup-steps",
      paramLabel = "N",
      description = "Steps of linear warm-up from 0; 0 for none.")
  public Integer warmupSteps;

  @Option(
      names = "--final-lr-fraction",
      paramLabel = "F",
      description = "Where the decay ends, as a fraction of --lr in [0, 1).")
  public Double finalLrFraction;

  @Option(
      names = "--weight-decay",
      paramLabel = "LAMBDA",
      description = "Decoupled weight decay, at least 0.")
  public Double weightDecay;

  @Option(
      names = "--decay-mask",
      paramLabel = "WHICH",
      description = "all or matrices: which parameters decay.")
  public DecayMask decayMask;

  @Option(
      names = "--clip-norm",
      paramLabel = "NORM",
      description = "Clip the gradient by its global norm; 0 for no clipping.")
  public Double clipNorm;

  @Option(names = "--xi", paramLabel = "XI", description = "Induced metric: weight of the loss.")
  public Double xi;

  @Option(
      names = "--beta",
      paramLabel = "B",
      description = "Induced metric: decay rate of the average of xi T. Muon: momentum.")
  public Double beta;

  @Option(
      names = "--momentum",
      paramLabel = "MU",
      description = "Induced metric, sgd, rmsprop: momentum in [0, 1).")
  public Double momentum;

  @Option(
      names = "--beta-rms",
      paramLabel = "B",
      description = "sgd_rms: decay rate of the mean square, in [0, 1).")
  public Double betaRms;

  @Option(names = "--beta1", paramLabel = "B", description = "adam, adamw, lion: in [0, 1).")
  public Double beta1;

  @Option(names = "--beta2", paramLabel = "B", description = "adam, adamw, lion: in [0, 1).")
  public Double beta2;

  @Option(names = "--decay", paramLabel = "D", description = "rmsprop: decay rate, in [0, 1).")
  public Double decay;

  @Option(names = "--adam-beta1", paramLabel = "B", description = "muon: Adam's part, in [0, 1).")
  public Double adamBeta1;

  @Option(names = "--adam-beta2", paramLabel = "B", description = "muon: Adam's part, in [0, 1).")
  public Double adamBeta2;

  @Option(names = "--eps", paramLabel = "EPS", description = "Numerical stability, at least 0.")
  public Double eps;

  @Option(
      names = "--non-finite",
      paramLabel = "POLICY",
      description = "raise or skip: what to do with a step whose values cannot be used.")
  public NonFinitePolicy nonFinite;

  @Option(names = "--max-steps", paramLabel = "N", description = "Steps to train.")
  public Integer maxSteps;

  @Option(names = "--batch", paramLabel = "N", description = "Windows per batch.")
  public Integer batch;

  @Option(
      names = "--accumulate",
      paramLabel = "N",
      description = "Batches per step; their mean gradient is used.")
  public Integer accumulate;

  @Option(
      names = "--eval-interval",
      paramLabel = "N",
      description = "Steps between evaluations on the whole validation split; each also saves.")
  public Integer evalInterval;

  @Option(
      names = "--log-interval",
      paramLabel = "N",
      description = "Steps between train lines in metrics.jsonl.")
  public Integer logInterval;

  @Option(names = "--seed", paramLabel = "N", description = "Where all randomness comes from.")
  public Long seed;

  @Option(
      names = "--kernels",
      paramLabel = "NAME",
      description = "auto, portable or native: native programs where there are some (PyTorch).")
  public Kernels kernels;

  @Option(
      names = "--precision",
      paramLabel = "NAME",
      description = "float32 or mixed: bfloat16 linear layers, float32 for the rest.")
  public Precision precision;

  @Option(names = "--threads", paramLabel = "N", description = "Threads; 0 for one per core.")
  public Integer threads;

  @Option(names = "--layers", paramLabel = "N", description = "Transformer layers.")
  public Integer layers;

  @Option(names = "--heads", paramLabel = "N", description = "Attention heads; divides --width.")
  public Integer heads;

  @Option(names = "--width", paramLabel = "N", description = "Width of the residual stream.")
  public Integer width;

  @Option(names = "--context", paramLabel = "N", description = "Context length in tokens.")
  public Integer context;

  @Option(names = "--dropout", paramLabel = "P", description = "Dropout probability in [0, 1).")
  public Double dropout;

  @Option(
      names = "--tied-head",
      arity = "1",
      paramLabel = "BOOL",
      description = "Share the token embedding with the output layer (true, false).")
  public Boolean tiedHead;

  @Option(
      names = "--bias",
      arity = "1",
      paramLabel = "BOOL",
      description = "Biases in linear layers and layer norms (true, false).")
  public Boolean bias;

  @Option(names = "--gelu", paramLabel = "FORM", description = "erf or tanh.")
  public Gelu gelu;

  @Option(names = "--layer-norm-eps", paramLabel = "EPS", description = "Above 0.")
  public Double layerNormEps;

  @Option(names = "--initialization", paramLabel = "NAME", description = "gpt2 or flax.")
  public Initialization initialization;
}
