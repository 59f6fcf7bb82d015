package dev.pullback.train.task;

import dev.pullback.tokenizer.TextTokenizer;
import dev.pullback.train.config.DataOrder;
import dev.pullback.train.config.OptionTable;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.RunOptions;
import dev.pullback.train.corpus.Corpus;
import dev.pullback.train.corpus.CorpusPreset;
import dev.pullback.train.data.DataDirectory;
import dev.pullback.train.data.TextData;
import dev.pullback.train.data.TextDatasets;
import dev.pullback.train.data.TextSplit;
import dev.pullback.train.data.TextSummary;
import dev.pullback.train.data.TokenData;
import dev.pullback.train.data.TokenizerChoice;
import dev.pullback.train.model.LanguageModelConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A language model on a text, of which the first nine tenths train and the rest validates, or on a
 * corpus that was prepared.
 */
final class TextTask implements Task {

  @Override
  public String name() {
    return "text";
  }

  @Override
  public String metric() {
    return "validation perplexity";
  }

  @Override
  public Goal goal() {
    return Goal.LOWER;
  }

  @Override
  public boolean takes(OptionTable.Entry option) {
    return true;
  }

  @Override
  public boolean mixes() {
    return true;
  }

  @Override
  public TaskData load(RunConfig config, Consumer<String> log) {
    RunOptions options = config.options();
    TokenizerChoice choice = TokenizerChoice.parse(tokenizer(options));
    DataDirectory directory = DataDirectory.choose(options.dataDir);
    if (TextDatasets.JAVA_SOURCE.equals(options.dataset)) {
      Path folder = CorpusPreset.prepared(directory, choice, threads(options), log);
      return load(config, folder);
    }
    if (options.data != null && Files.isDirectory(options.data)) {
      return load(config, options.data.toAbsolutePath());
    }
    TextData text = new TextDatasets().load(options.dataset, options.data, directory, log);
    TextSummary summary = text.summary();
    TextTokenizer tokenizer = choice.make(summary::characters, text.source());
    requireMemory(config.model(tokenizer.vocabularySize()), options);
    return new Loaded(
        text.origin(),
        summary.sha256(),
        settled(options, text.name()),
        tokenizer,
        TextSplit.encode(text, summary, tokenizer).longerThan(options.context),
        options.context);
  }

  /** Opens a folder of tokens, of which only what is used is read. */
  private static TaskData load(RunConfig config, Path folder) {
    RunOptions options = config.options();
    Corpus corpus =
        Corpus.open(
            folder, tokenizer(options) == null ? null : TokenizerChoice.parse(tokenizer(options)));
    requireMemory(config.model(corpus.tokenizer().vocabularySize()), options);
    return new Loaded(
        corpus.origin(),
        corpus.sha256(),
        settled(options, options.dataset),
        corpus.tokenizer(),
        corpus.tokens().longerThan(options.context),
        options.context);
  }

  /** What was asked for, or else the tokenizer of the model that the run begins with; or null. */
  private static String tokenizer(RunOptions options) {
    return options.tokenizer != null || options.from == null
        ? options.tokenizer
        : LanguageModel.tokenizerOf(options.from).toString();
  }

  private static int threads(RunOptions options) {
    return options.threads > 0 ? options.threads : Runtime.getRuntime().availableProcessors();
  }

  /** Paths in full, so that a continued run finds them from wherever it is continued. */
  private static Map<String, String> settled(RunOptions options, String dataset) {
    Map<String, String> settled = new HashMap<>();
    if (options.data == null) {
      settled.put("dataset", dataset);
    } else {
      settled.put("data", options.data.toAbsolutePath().toString());
    }
    if (options.from != null) {
      settled.put("from", options.from.toAbsolutePath().toString());
    }
    if (tokenizer(options) != null) {
      settled.put("tokenizer", TokenizerChoice.parse(tokenizer(options)).toString());
    }
    return settled;
  }

  /** Weights, gradients if all have one, and what a batch leaves for its backward pass. */
  private static void requireMemory(LanguageModelConfig shape, RunOptions options) {
    double tokensPerBatch = (double) options.batch * options.context;
    int copies = options.lora == null ? 2 : 1;
    Memory.require(
        Float.BYTES
            * (copies * shape.parameterCount() + tokensPerBatch * shape.activationsPerToken()),
        "training a batch of %d windows of %d tokens".formatted(options.batch, options.context),
        "--batch (and raise --accumulate), --context, --layers or --width");
  }

  /** A text as tokens. */
  private record Loaded(
      String origin,
      String sha256,
      Map<String, String> settled,
      TextTokenizer tokenizer,
      TokenData tokens,
      int context)
      implements TaskData {

    @Override
    public long examples() {
      return TextWorkload.windows(tokens.train(), context);
    }

    @Override
    public Workload workload(RunConfig config, boolean drawn) {
      return workload(config, drawn, Share.WHOLE);
    }

    @Override
    public Workload workload(RunConfig config, boolean drawn, Share share) {
      Share.check(config.options().batch, share.ranks());
      LanguageModel model = LanguageModel.begin(config, tokenizer, drawn);
      return config.options().order == DataOrder.EPOCHS
          ? TextWorkload.inEpochs(model, tokens, config, share)
          : TextWorkload.atRandom(model, tokens, config, share);
    }
  }
}
