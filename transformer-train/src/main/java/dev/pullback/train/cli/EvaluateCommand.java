package dev.pullback.train.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.tokenizer.StreamingEncoder;
import dev.pullback.tokenizer.UnknownCharacterException;
import dev.pullback.train.ExitStatus;
import dev.pullback.train.FailureReason;
import dev.pullback.train.InputException;
import dev.pullback.train.corpus.Corpus;
import dev.pullback.train.data.InvalidUtf8;
import dev.pullback.train.data.TextFiles;
import dev.pullback.train.data.TextSource;
import dev.pullback.train.data.TokenData;
import dev.pullback.train.data.TokenStream;
import dev.pullback.train.data.TokenizerChoice;
import dev.pullback.train.data.Utf8Text;
import dev.pullback.train.evaluate.ChoiceEvaluation;
import dev.pullback.train.evaluate.ChoiceFile;
import dev.pullback.train.evaluate.ChoiceScore;
import dev.pullback.train.evaluate.TextEvaluation;
import dev.pullback.train.evaluate.TextScore;
import dev.pullback.train.store.JsonLines;
import dev.pullback.train.task.LanguageModel;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code pullback evaluate}. */
@Command(
    name = "evaluate",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Measures the model of a run on a text, or on questions with several endings.")
final class EvaluateCommand implements Callable<Integer> {

  private static final String STANDARD_INPUT = "-";
  private static final int BLOCK = 1 << 12;

  @Spec private CommandSpec spec;

  @Mixin private ModelOptions model;

  @ArgGroup(multiplicity = "1")
  private Subject subject;

  /** What is evaluated. */
  private static final class Subject {

    @Option(
        names = "--data",
        paramLabel = "PATH",
        description =
            "Text in UTF-8, - for standard input, or a corpus that was prepared, of which the part"
                + " to validate with is taken.")
    private Path data;

    @Option(
        names = "--choices",
        paramLabel = "FILE",
        description =
            "Questions, a JSON object a line with ctx, endings and label, as in HellaSwag's files.")
    private Path choices;
  }

  @Option(
      names = "--context",
      paramLabel = "N",
      description = "With --data: tokens of a window. Default: the model's context.")
  private Integer context;

  @Option(
      names = "--stride",
      paramLabel = "N",
      description =
          "With --data: how many tokens after a window the next begins. With fewer than a window"
              + " has, tokens see more, and it takes longer. Default: windows do not overlap.")
  private Integer stride;

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "With --choices: the first N questions only.")
  private Long limit;

  @Option(names = "--json", description = "Print the result as a JSON object.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    checkOptions();
    PrintWriter err = spec.commandLine().getErr();
    try (LanguageModel loaded = model.load(err, "can be evaluated");
        StopSignal stop = new StopSignal(true)) {
      long begin = System.nanoTime();
      if (subject.data != null) {
        evaluateText(loaded, stop, begin);
      } else {
        evaluateChoices(loaded, stop, begin);
      }
      return 0;
    } catch (CancellationException e) {
      return ExitStatus.INTERRUPTED;
    }
  }

  private void checkOptions() {
    if (subject.choices != null && (context != null || stride != null)) {
      throw new InputException("--context and --stride go with --data");
    }
    if (limit != null) {
      if (subject.choices == null) {
        throw new InputException("--limit goes with --choices");
      }
      InputException.atLeast("limit", limit, 1);
    }
  }

  // Texts

  private void evaluateText(LanguageModel loaded, StopSignal stop, long begin) throws IOException {
    int window = context == null ? loaded.block().config().context() : context;
    int step = stride == null ? window : stride;
    TextEvaluation evaluation = new TextEvaluation(loaded, window, step, stop::requested);
    long bytes;
    TextScore score;
    try {
      bytes = give(loaded, evaluation, stop);
      if (stop.requested()) { // who fed standard input may have ended by the same Ctrl-C
        throw new CancellationException();
      }
      score = evaluation.end();
    } catch (UnknownCharacterException e) {
      throw new InputException("%s has an %s".formatted(subject.data, e.getMessage()), e);
    } catch (CancellationException e) {
      TextScore far = evaluation.score();
      interrupted("%d tokens, loss %.4f so far".formatted(far.scored(), far.loss()));
      throw e;
    }
    double seconds = seconds(begin);
    if (json) {
      ObjectNode line = JsonNodeFactory.instance.objectNode();
      JsonLines.putFinite(line, "loss", score.loss());
      JsonLines.putFinite(line, "perplexity", score.perplexity());
      JsonLines.putFinite(line, "bits_per_byte", score.bitsPerByte(bytes));
      line.put("tokens", score.tokens());
      line.put("scored_tokens", score.scored());
      line.put("bytes", bytes);
      line.put("context", window);
      line.put("stride", step);
      line.put("seconds", seconds);
      print(line.toString());
      return;
    }
    print(
        "Loss %.4f nats per token (perplexity %.2f%s)",
        score.loss(),
        score.perplexity(),
        bytes == 0 ? "" : format(", %.4f bits per byte", score.bitsPerByte(bytes)));
    print(
        "%,d tokens%s, in windows of %,d%s; %.1f s, %,.0f tokens/s",
        score.tokens(),
        bytes == 0 ? "" : format(" of %,d bytes", bytes),
        window,
        step == window ? "" : format(" that begin every %,d", step),
        seconds,
        score.tokens() / seconds);
  }

  /** Gives all tokens; returns the bytes of their text, 0 if nobody knows. */
  private long give(LanguageModel loaded, TextEvaluation evaluation, StopSignal stop)
      throws IOException {
    if (Files.isDirectory(subject.data)) {
      return giveCorpus(evaluation);
    }
    boolean standardInput = subject.data.toString().equals(STANDARD_INPUT);
    TextSource source =
        standardInput
            ? parts -> readStandardInput(parts, stop)
            : TextFiles.source(subject.data.toAbsolutePath());
    long size = Files.isRegularFile(subject.data) ? Files.size(subject.data) : -1;
    StreamingEncoder encoder = loaded.tokenizer().newEncoder(evaluation);
    long[] bytes = {0};
    try (EvaluationProgress progress = EvaluationProgress.begin("KiB", toKibi(size))) {
      source.read(
          part -> {
            bytes[0] += part.getBytes(StandardCharsets.UTF_8).length;
            for (int from = 0; from < part.length(); from += BLOCK) {
              encoder.write(part.substring(from, Math.min(part.length(), from + BLOCK)));
            }
            progress.accept(toKibi(bytes[0]));
          });
      encoder.end();
    }
    return bytes[0];
  }

  private static long toKibi(long bytes) {
    return bytes < 0 ? bytes : bytes >> 10;
  }

  private static void readStandardInput(Consumer<String> parts, StopSignal stop) {
    try (InputStream in = new StoppableInput(System.in, stop::requested)) {
      new Utf8Text("standard input", 0, InvalidUtf8.REFUSE).read(in, parts);
    } catch (IOException e) {
      throw new InputException("cannot read standard input: " + FailureReason.of(e), e);
    }
  }

  private long giveCorpus(TextEvaluation evaluation) {
    Corpus corpus = Corpus.open(subject.data, TokenizerChoice.parse(model.tokenizer().toString()));
    TokenData data = corpus.tokens();
    TokenStream tokens = data.validation();
    long[] block = new long[BLOCK];
    try (EvaluationProgress progress = EvaluationProgress.begin("tokens", tokens.length())) {
      for (long from = 0; from < tokens.length(); from += BLOCK) {
        int count = (int) Math.min(BLOCK, tokens.length() - from);
        tokens.copy(from, count, block, 0);
        for (int i = 0; i < count; i++) {
          evaluation.accept((int) block[i]);
        }
        progress.accept(from + count);
      }
    }
    return data.validationBytes();
  }

  // Questions

  private void evaluateChoices(LanguageModel loaded, StopSignal stop, long begin) {
    ChoiceEvaluation evaluation = new ChoiceEvaluation(loaded);
    long most = limit == null ? Long.MAX_VALUE : limit;
    try (EvaluationProgress progress =
        EvaluationProgress.begin("questions", limit == null ? -1 : limit)) {
      new ChoiceFile(subject.choices)
          .read(
              most,
              question -> {
                if (stop.requested()) {
                  throw new CancellationException();
                }
                evaluation.answer(question);
                progress.accept(evaluation.score().questions());
              });
    } catch (CancellationException e) {
      ChoiceScore far = evaluation.score();
      interrupted("%d questions, accuracy %.4f so far".formatted(far.questions(), far.accuracy()));
      throw e;
    }
    ChoiceScore score = evaluation.score();
    double seconds = seconds(begin);
    double accuracy = score.accuracy();
    double normalized = score.normalizedAccuracy();
    if (json) {
      ObjectNode line = JsonNodeFactory.instance.objectNode();
      line.put("accuracy", accuracy);
      JsonLines.putFinite(line, "accuracy_standard_error", score.standardError(accuracy));
      line.put("accuracy_norm", normalized);
      JsonLines.putFinite(line, "accuracy_norm_standard_error", score.standardError(normalized));
      line.put("questions", score.questions());
      line.put("seconds", seconds);
      print(line.toString());
      return;
    }
    print(
        "Accuracy %s, by the log likelihood per character %s",
        withError(score, accuracy), withError(score, normalized));
    print("%,d questions; %.1f s", score.questions(), seconds);
  }

  private static String withError(ChoiceScore score, double share) {
    double error = score.standardError(share);
    return format("%.4f", share) + (Double.isNaN(error) ? "" : format(" ± %.4f", error));
  }

  private void interrupted(String far) {
    spec.commandLine().getErr().println("\nInterrupted after " + far);
  }

  private static double seconds(long begin) {
    return (System.nanoTime() - begin) / 1e9;
  }

  private static String format(String format, Object... arguments) {
    return String.format(Locale.ROOT, format, arguments);
  }

  private void print(String format, Object... arguments) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(format(format, arguments));
    out.flush();
  }
}
