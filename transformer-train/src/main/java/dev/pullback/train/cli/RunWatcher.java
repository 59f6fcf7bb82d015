package dev.pullback.train.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.pullback.optim.StepReport;
import dev.pullback.train.loop.RunListener;
import dev.pullback.train.loop.TrainingRun;
import dev.pullback.train.report.RunHistory;
import dev.pullback.train.store.JsonLines;
import dev.pullback.train.store.RunWriter;
import dev.pullback.train.store.TensorBoardFile;
import dev.pullback.train.task.LanguageModel;
import dev.pullback.train.task.Score;
import dev.pullback.train.watch.WatchedRun;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Shows a run in all places that were asked for: the terminal, a page, TensorBoard. The page reads
 * the run's folder by itself; here it gets samples, at every evaluation.
 */
final class RunWatcher implements RunListener, AutoCloseable {

  /** So that samples take little beside the evaluations they follow. */
  private static final int SAMPLE_TOKENS = 100;

  private final ProgressListener progress;
  private final ServeOptions serve;
  private final boolean tensorboard;
  private Closeable server = () -> {};
  private WatchedRun watched;
  private RunWriter folder;
  private TrainingRun run;
  private Plan plan;
  private StepReport report;
  private JsonLines samples;
  private TensorBoardFile events;

  RunWatcher(ProgressListener progress, ServeOptions serve, boolean tensorboard) {
    this.progress = progress;
    this.serve = serve;
    this.tensorboard = tensorboard;
  }

  /** Starts the page, if it was asked for, before the run's folder exists. */
  void serve(Path out) {
    server =
        serve.start(
            () -> {
              watched = new WatchedRun(out);
              return watched;
            },
            this::onMessage);
  }

  /** Follows a run, which is the writer of its folder. */
  void follow(TrainingRun followed, RunWriter writer) {
    folder = writer;
    run = followed;
  }

  @Override
  public void onBegin(Plan begun) {
    plan = begun;
    if (watched != null) {
      watched.maxSteps(plan.maxSteps());
    }
    progress.onBegin(plan);
  }

  @Override
  public void onReport(long step, StepReport measured) {
    report = measured;
  }

  @Override
  public void onStep(Progress now) {
    progress.onStep(now);
    if (tensorboard && report != null) {
      Map<String, Double> values = new LinkedHashMap<>();
      values.put("train/loss", report.loss());
      values.put("train/learning_rate", report.learningRate());
      values.put("train/gradient_norm", report.gradientNorm());
      values.put("train/trace", report.trace());
      values.put("train/metric_scale", report.metricScale());
      values.put("train/tokens_per_second", now.stepsPerSecond() * plan.examplesPerStep());
      write(() -> events().write(now.step(), values));
    }
    report = null;
  }

  @Override
  public void onValidation(long step, Score score) {
    progress.onValidation(step, score);
    if (tensorboard) {
      Map<String, Double> values = new LinkedHashMap<>();
      values.put("validation/loss", score.loss());
      values.put("validation/metric", score.full());
      score.more().forEach((name, value) -> values.put("validation/" + name, value));
      write(() -> events().write(step, values));
    }
    if (serve.isAsked() && Double.isFinite(score.loss())) {
      Optional<LanguageModel> model = run.workload().languageModel();
      if (model.isPresent()) {
        write(() -> sample(step, model.get()));
      }
    }
  }

  /** Begun with the first numbers, so that a start that fails leaves nothing. */
  private TensorBoardFile events() throws IOException {
    if (events == null) {
      events = TensorBoardFile.begin(folder.folder().path(), plan.step());
    }
    return events;
  }

  private void sample(long step, LanguageModel language) throws IOException {
    StringBuilder text = new StringBuilder();
    try {
      run.withEvaluationWeights(
          () -> {
            Samples.generate(language, SAMPLE_TOKENS, run::isAskedToStop, text::append);
            return text;
          });
    } catch (UncheckedIOException e) { // another rank is gone
      throw e;
    } catch (RuntimeException e) { // a sample is not worth a run
      onMessage("No sample after step " + step + ": " + e.getMessage());
      return;
    }
    if (samples == null) {
      samples = folder.openLines(RunHistory.SAMPLES, Math.min(plan.step(), step - 1));
    }
    samples.write(
        JsonNodeFactory.instance.objectNode().put("step", step).put("text", text.toString()));
  }

  @Override
  public void onMessage(String message) {
    progress.onMessage(message);
  }

  /** Closes what belongs to the folder while the run still holds it. */
  @Override
  public void onEnd() {
    progress.onEnd();
    write(
        () -> {
          try {
            if (events != null) {
              events.close();
            }
          } finally {
            if (samples != null) {
              samples.close();
            }
          }
        });
  }

  private interface Write {
    void run() throws IOException;
  }

  private static void write(Write write) {
    try {
      write.run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
