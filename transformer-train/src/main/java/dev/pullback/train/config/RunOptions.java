package dev.pullback.train.config;

import dev.pullback.optim.Kernels;
import dev.pullback.optim.NonFinitePolicy;
import dev.pullback.train.model.Gelu;
import dev.pullback.train.model.Initialization;
import dev.pullback.train.model.Lora;
import dev.pullback.train.model.Precision;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/**
 * Everything a person may say about a run; null where nothing was said. The same names serve as
 * command-line flags and, without the dashes in front, as keys of a configuration file and of a
 * trial's document. {@link RunConfig} layers presets, files and flags, the later winning.
 */
public final class RunOptions {

  /** Creates options that say nothing. */
  public RunOptions() {}

  /**
   * Creates options that say nothing but where and how to compute.
   *
   * @param engine the engine, or null
   * @param device the device, or null
   * @param precision the number formats, or null
   * @return the options
   */
  public static RunOptions onEngine(
      TrainingEngine engine, DeviceChoice device, Precision precision) {
    RunOptions options = new RunOptions();
    options.engine = engine;
    options.device = device;
    options.precision = precision;
    return options;
  }

  @Setting(Topic.DATA)
  @Option(names = "--task", paramLabel = "NAME", description = "What is trained: ${bundle:tasks}.")
  public String task;

  @Setting(Topic.DATA)
  @Option(
      names = "--preset",
      paramLabel = "NAME",
      description = "Model and recipe: ${bundle:presets}.")
  public String preset;

  @Setting(Topic.DATA)
  @Option(
      names = "--from",
      paramLabel = "DIR",
      description = "A run to begin with: its model, tokenizer and weights.")
  public Path from;

  @Setting(Topic.DATA)
  @Option(
      names = "--dataset",
      paramLabel = "NAME",
      description =
          "A text: ${bundle:datasets}. Default: TinyShakespeare from the data folder, "
              + "else downloaded, else the bundled plays.")
  public String dataset;

  @Setting(value = Topic.DATA, resumable = true)
  @Option(
      names = "--data",
      paramLabel = "PATH",
      description =
          "A UTF-8 text file to train on, a folder that 'pullback prepare' made, or one with "
              + "nanoGPT's train.bin and val.bin.")
  public Path data;

  @Setting(value = Topic.DATA, resumable = true)
  @Option(
      names = "--tokenizer",
      paramLabel = "NAME",
      description =
          "How a text becomes tokens: char (one for each character), bpe:N (N byte pairs, "
              + "trained on it) or a tokenizer.json. Default: char.")
  public String tokenizer;

  @Setting(value = Topic.DATA, resumable = true)
  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      description = "Folder of data sets. Default: $PULLBACK_DATA, else ~/.pullback.")
  public Path dataDir;

  @Setting(Topic.DATA)
  @Option(
      names = "--data-sha256",
      paramLabel = "HASH",
      description = "SHA-256 of the data; other data are refused. A run writes it down.")
  public String dataSha256;

  @Setting(Topic.DATA)
  @Option(
      names = "--order",
      paramLabel = "NAME",
      description =
          "Batches of a text: random (windows drawn anywhere) or epochs (windows that do "
              + "not overlap, shuffled once).")
  public DataOrder order;

  @Setting(value = Topic.DATA, resumable = true)
  @Option(names = "--batch", paramLabel = "N", description = "Windows, images or rows per batch.")
  public Integer batch;

  @Setting(value = Topic.DATA, resumable = true)
  @Option(
      names = "--accumulate",
      paramLabel = "N",
      description = "Batches per step; their mean gradient is used.")
  public Integer accumulate;

  @Setting(Topic.DATA)
  @Option(names = "--seed", paramLabel = "N", description = "Where all randomness comes from.")
  public Long seed;

  @Setting(Topic.MODEL)
  @Option(names = "--family", paramLabel = "NAME", description = "gpt (the default) or llama.")
  public Family family;

  @Setting(Topic.MODEL)
  @Option(names = "--layers", paramLabel = "N", description = "Transformer layers.")
  public Integer layers;

  @Setting(Topic.MODEL)
  @Option(
      names = "--heads",
      paramLabel = "N",
      description = "Attention heads; gpt: divides --width.")
  public Integer heads;

  @Setting(Topic.MODEL)
  @Option(
      names = "--kv-heads",
      paramLabel = "N",
      description = "llama: heads of keys and values; divides --heads. Default: --heads.")
  public Integer kvHeads;

  @Setting(Topic.MODEL)
  @Option(
      names = "--head-width",
      paramLabel = "N",
      description = "llama: width of a head, even. Default: --width by --heads.")
  public Integer headWidth;

  @Setting(Topic.MODEL)
  @Option(names = "--width", paramLabel = "N", description = "Width of the residual stream.")
  public Integer width;

  @Setting(Topic.MODEL)
  @Option(
      names = "--inner-width",
      paramLabel = "N",
      description = "llama: width inside the MLP. Default: 8/3 of --width, to a multiple of 64.")
  public Integer innerWidth;

  @Setting(Topic.MODEL)
  @Option(names = "--context", paramLabel = "N", description = "Context length in tokens.")
  public Integer context;

  @Setting(Topic.MODEL)
  @Option(
      names = "--window",
      paramLabel = "N",
      description = "llama: tokens that a position sees, itself included; 0 (the default) for all.")
  public Integer window;

  @Setting(Topic.MODEL)
  @Option(
      names = "--vocabulary",
      paramLabel = "N",
      description = "Rows of the token embedding. Default: as many as the tokenizer has.")
  public Integer vocabulary;

  @Setting(value = Topic.MODEL, resumable = true)
  @Option(
      names = "--dropout",
      paramLabel = "P",
      description = "gpt: dropout probability in [0, 1).")
  public Double dropout;

  @Setting(Topic.MODEL)
  @Option(
      names = "--tied-head",
      arity = "1",
      paramLabel = "BOOL",
      description = "Share the token embedding with the output layer (true, false).")
  public Boolean tiedHead;

  @Setting(Topic.MODEL)
  @Option(
      names = "--bias",
      arity = "1",
      paramLabel = "BOOL",
      description =
          "Biases (true, false) in linear layers and layer norms; llama: of queries, keys and values.")
  public Boolean bias;

  @Setting(Topic.MODEL)
  @Option(names = "--gelu", paramLabel = "FORM", description = "gpt: erf or tanh.")
  public Gelu gelu;

  @Setting(Topic.MODEL)
  @Option(
      names = "--layer-norm-eps",
      paramLabel = "EPS",
      description = "Epsilon of the norms, above 0 and below 1.")
  public Double layerNormEps;

  @Setting(Topic.MODEL)
  @Option(
      names = "--rotary-base",
      paramLabel = "THETA",
      description = "llama: base of the rotary positions, above 1. Default: 10000.")
  public Double rotaryBase;

  @Setting(Topic.MODEL)
  @Option(
      names = "--rotary-scaling",
      paramLabel = "TEXT",
      description = "llama: as Llama 3.1's, such as \"factor=8 low=1 high=4 length=8192\".")
  public String rotaryScaling;

  @Setting(Topic.MODEL)
  @Option(names = "--initialization", paramLabel = "NAME", description = "gpt2 or flax.")
  public Initialization initialization;

  @Setting(Topic.OPTIMIZER)
  @Option(
      names = "--lora",
      paramLabel = "RANK",
      description = "With --from: train adapters of this rank, of at least 1, not the weights.")
  public Integer lora;

  @Setting(Topic.OPTIMIZER)
  @Option(
      names = "--lora-alpha",
      paramLabel = "ALPHA",
      description =
          "By which, divided by the rank, adapters are multiplied; above 0. Default: twice the rank.")
  public Double loraAlpha;

  @Setting(Topic.OPTIMIZER)
  @Option(
      names = "--lora-targets",
      paramLabel = "WHICH",
      description = "Matrices that have adapters: attention (the default), mlp or all.")
  public Lora.Targets loraTargets;

  @Setting(Topic.OPTIMIZER)
  @Option(names = "--optimizer", paramLabel = "NAME", description = "${bundle:optimizers}.")
  public String optimizer;

  @Setting(value = Topic.OPTIMIZER, resumable = true)
  @Option(names = "--lr", paramLabel = "ETA", description = "Learning rate, at least 0.")
  public Double lr;

  @Setting(value = Topic.OPTIMIZER, resumable = true)
  @Option(
      names = "--weight-decay",
      paramLabel = "LAMBDA",
      description = "Decoupled weight decay, at least 0.")
  public Double weightDecay;

  @Setting(value = Topic.OPTIMIZER, resumable = true)
  @Option(
      names = "--decay-mask",
      paramLabel = "WHICH",
      description = "all or matrices: which parameters decay.")
  public DecayMask decayMask;

  @Setting(value = Topic.OPTIMIZER, resumable = true)
  @Option(
      names = "--clip-norm",
      paramLabel = "NORM",
      description = "Clip the gradient by its global norm; 0 for no clipping.")
  public Double clipNorm;

  @Setting(Topic.OPTIMIZER)
  @Option(
      names = "--xi",
      paramLabel = "XI",
      description = "Induced metric: how much the loss dimension counts, at least 0.")
  public Double xi;

  @Setting(Topic.OPTIMIZER)
  @Option(
      names = "--beta",
      paramLabel = "B",
      description = "Induced metric: decay rate of the average of xi T, in [0, 1).")
  public Double beta;

  @Setting(Topic.OPTIMIZER)
  @Option(
      names = "--momentum",
      paramLabel = "MU",
      description = "Induced metric, sgd, rmsprop, muon, shampoo, soap: momentum in [0, 1).")
  public Double momentum;

  @Setting(Topic.OPTIMIZER)
  @Option(
      names = "--beta-rms",
      paramLabel = "B",
      description = "RMS, shampoo, soap: decay rate of squares, in [0, 1).")
  public Double betaRms;

  @Setting(Topic.OPTIMIZER)
  @Option(
      names = "--embedding",
      paramLabel = "NAME",
      description = "sgd_rms: embedding of the loss: linear, log, log1p, sqrt or square.")
  public NamedEmbedding embedding;

  @Setting(Topic.OPTIMIZER)
  @Option(
      names = "--components",
      paramLabel = "K",
      description = "sgd_rms: a dimension for each of K components of the loss (mnist: 2).")
  public Integer components;

  @Setting(Topic.OPTIMIZER)
  @Option(
      names = "--beta1",
      paramLabel = "B",
      description = "adam, adamw, lion, adopt, schedule_free: in [0, 1).")
  public Double beta1;

  @Setting(Topic.OPTIMIZER)
  @Option(
      names = "--beta2",
      paramLabel = "B",
      description = "adam, adamw, lion, adopt, schedule_free: in [0, 1).")
  public Double beta2;

  @Setting(Topic.OPTIMIZER)
  @Option(
      names = "--decay",
      paramLabel = "D",
      description = "rmsprop: decay rate of the mean square, in [0, 1).")
  public Double decay;

  @Setting(Topic.OPTIMIZER)
  @Option(names = "--adam-beta1", paramLabel = "B", description = "muon: Adam's part, in [0, 1).")
  public Double adamBeta1;

  @Setting(Topic.OPTIMIZER)
  @Option(names = "--adam-beta2", paramLabel = "B", description = "muon: Adam's part, in [0, 1).")
  public Double adamBeta2;

  @Setting(Topic.OPTIMIZER)
  @Option(
      names = "--muon-matrices",
      paramLabel = "WHICH",
      description =
          "muon, muon_metric: all matrices, or those of the paper, which leaves attention to Adam.")
  public MuonMatrices muonMatrices;

  @Setting(Topic.OPTIMIZER)
  @Option(
      names = "--groups",
      paramLabel = "TEXT",
      description = {
        "optimizer groups: rules of groups of parameters, such as",
        "\"/wte|wpe/: adam lr=0.3 decay=0; matrices: muon; rest: nadam decay=0\"."
      })
  public String groups;

  @Setting(Topic.OPTIMIZER)
  @Option(
      names = "--ema-decay",
      paramLabel = "D",
      description = "Evaluate and keep an exponential average of the weights; D in [0, 1).")
  public Double emaDecay;

  @Setting(Topic.OPTIMIZER)
  @Option(
      names = "--kappa",
      paramLabel = "KAPPA",
      description = "Relative metrics: weight of the trace over its average, at least 0.")
  public Double kappa;

  @Setting(Topic.OPTIMIZER)
  @Option(
      names = "--trace-average",
      paramLabel = "RHO",
      description = "Relative metrics: decay rate of the average trace, in [0, 1).")
  public Double traceAverage;

  @Setting(Topic.OPTIMIZER)
  @Option(
      names = "--coupling",
      paramLabel = "C",
      description = "sgd_rms_cross: how far the loss leans to the momentum, in (-1, 1).")
  public Double coupling;

  @Setting(Topic.OPTIMIZER)
  @Option(
      names = "--every",
      paramLabel = "N",
      description = "shampoo, soap: how many steps roots and bases last, at least 1.")
  public Integer every;

  @Setting(Topic.OPTIMIZER)
  @Option(
      names = "--longest-side",
      paramLabel = "N",
      description = "shampoo, soap: longer sides of a matrix have no factor.")
  public Integer longestSide;

  @Setting(Topic.OPTIMIZER)
  @Option(
      names = "--block",
      paramLabel = "N",
      description = "shampoo, soap: cut matrices into blocks of N by N; 0 for none.")
  public Integer block;

  @Setting(Topic.OPTIMIZER)
  @Option(names = "--eps", paramLabel = "EPS", description = "Numerical stability, at least 0.")
  public Double eps;

  @Setting(value = Topic.OPTIMIZER, resumable = true)
  @Option(
      names = "--non-finite",
      paramLabel = "POLICY",
      description = "raise or skip: what to do with a step whose values cannot be used.")
  public NonFinitePolicy nonFinite;

  @Setting(value = Topic.BUDGET, resumable = true)
  @Option(
      names = "--lr-schedule",
      paramLabel = "NAME",
      description = "constant, linear or cosine decay after the warm-up.")
  public LearningRateSchedule lrSchedule;

  @Setting(value = Topic.BUDGET, resumable = true)
  @Option(
      names = "--warmup-steps",
      paramLabel = "N",
      description = "Steps of linear warm-up from 0, fewer than the run has; 0 for none.")
  public Integer warmupSteps;

  @Setting(value = Topic.BUDGET, resumable = true)
  @Option(
      names = "--final-lr-fraction",
      paramLabel = "F",
      description = "Where the decay ends, as a fraction of --lr in [0, 1).")
  public Double finalLrFraction;

  @Setting(value = Topic.BUDGET, resumable = true)
  @Option(names = "--max-steps", paramLabel = "N", description = "Steps to train.")
  public Integer maxSteps;

  @Setting(value = Topic.BUDGET, resumable = true)
  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "Passes over the training data, instead of --max-steps.")
  public Integer epochs;

  @Setting(value = Topic.BUDGET, resumable = true)
  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      description = "Tokens (images, rows) to train on, instead of --max-steps.")
  public Long maxTokens;

  @Setting(value = Topic.BUDGET, resumable = true)
  @Option(
      names = "--max-seconds",
      paramLabel = "S",
      description =
          "End after so many seconds, evaluated and saved; the schedule stays that of "
              + "the other budget. 0 for no limit.")
  public Double maxSeconds;

  @Setting(value = Topic.KEEPING, resumable = true)
  @Option(
      names = "--eval-interval",
      paramLabel = "N",
      description = "Steps between evaluations; 0 for one after each epoch.")
  public Integer evalInterval;

  @Setting(value = Topic.KEEPING, resumable = true)
  @Option(
      names = "--eval-iters",
      paramLabel = "N",
      description = "Batches of an evaluation, always the same ones; 0 for the whole split.")
  public Integer evalIters;

  @Setting(value = Topic.KEEPING, resumable = true)
  @Option(
      names = "--final-eval-iters",
      paramLabel = "N",
      description = "Batches of the last evaluation, where it takes others than --eval-iters.")
  public Integer finalEvalIters;

  @Setting(value = Topic.KEEPING, resumable = true)
  @Option(
      names = "--save-interval",
      paramLabel = "N",
      description =
          "Steps between checkpoints, beside the best by validation; 0 for one at the end only.")
  public Integer saveInterval;

  @Setting(value = Topic.KEEPING, resumable = true)
  @Option(
      names = "--keep-last",
      paramLabel = "K",
      description = "How many of the latest checkpoints are kept, beside the best.")
  public Integer keepLast;

  @Setting(value = Topic.KEEPING, resumable = true)
  @Option(
      names = "--keep-every",
      paramLabel = "N",
      description = "Also keep checkpoints whose step is a multiple of N; 0 for none.")
  public Integer keepEvery;

  @Setting(value = Topic.KEEPING, resumable = true)
  @Option(
      names = "--log-interval",
      paramLabel = "N",
      description =
          "Steps between train lines in metrics.jsonl; in between nothing is read from "
              + "the device.")
  public Integer logInterval;

  @Setting(value = Topic.MACHINE, resumable = true)
  @Option(
      names = "--engine",
      paramLabel = "NAME",
      description = "PyTorch or MXNet; './pullback' installs MXNet when it is asked for.")
  public TrainingEngine engine;

  @Setting(value = Topic.MACHINE, resumable = true)
  @Option(
      names = "--device",
      paramLabel = "NAME",
      converter = DeviceChoice.Converter.class,
      description = "cpu, gpu, gpu:N, or auto: the first GPU if the engine sees one.")
  public DeviceChoice device;

  @Setting(value = Topic.MACHINE, resumable = true)
  @Option(
      names = "--kernels",
      paramLabel = "NAME",
      description = "auto, portable or native: native programs where there are some (PyTorch).")
  public Kernels kernels;

  @Setting(value = Topic.MACHINE, resumable = true)
  @Option(
      names = "--precision",
      paramLabel = "NAME",
      description =
          "float32 or mixed: bfloat16 linear layers and convolutions, float32 for the " + "rest.")
  public Precision precision;

  @Setting(value = Topic.MACHINE, resumable = true)
  @Option(names = "--threads", paramLabel = "N", description = "Threads; 0 for one per core.")
  public Integer threads;
}
