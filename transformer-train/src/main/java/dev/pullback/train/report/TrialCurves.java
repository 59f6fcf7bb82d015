package dev.pullback.train.report;

import dev.pullback.train.study.ResultRow;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * What a trial measured as it went.
 *
 * @param row the trial
 * @param epochs of each epoch its number, the steps and seconds so far, the loss and both metrics,
 *     as in {@code epochs.jsonl}; for a function its value, as the loss, at each step
 * @param steps of each step what {@code steps.jsonl} has, and {@code rate}, the learning rate times
 *     the metric scale
 * @param path {@code x}, {@code y} and {@code f} from the start, for functions of two variables
 */
record TrialCurves(ResultRow row, Columns epochs, Columns steps, Columns path) {

  /** Reads what the trial's folder holds. */
  static TrialCurves read(Path out, ResultRow row) {
    // An absent folder holds nothing, and so does a trial that has none.
    Path folder = row.trial() == null ? out.resolve("no-trial") : out.resolve(row.trial());
    Columns path = Columns.readArrays(folder.resolve("path.json"), "x", "y", "f");
    Columns epochs =
        Columns.read(
            folder.resolve("epochs.jsonl"), "epoch", "step", "seconds", "loss", "paper", "full");
    if (epochs.rows() == 0) {
      epochs = new Columns(path.rows());
      double[] step = new double[path.rows()];
      Arrays.setAll(step, i -> i);
      epochs.put("step", step);
      epochs.put("loss", path.get("f"));
    }
    return new TrialCurves(row, epochs, readSteps(folder), path);
  }

  private static Columns readSteps(Path folder) {
    Columns steps =
        Columns.read(
            folder.resolve("steps.jsonl"),
            "step",
            "loss",
            "learningRate",
            "gradientNorm",
            "trace",
            "metricScale");
    double[] scale = steps.get("metricScale");
    double[] rate = steps.get("learningRate").clone();
    for (int i = 0; i < rate.length; i++) {
      rate[i] *= Double.isNaN(scale[i]) ? 1 : scale[i];
    }
    steps.put("rate", rate);
    steps.put("learningRate", new double[0]);
    return steps;
  }

  /** Returns the task's metric at each epoch: on whole batches, or else on the whole split. */
  double[] metric() {
    double[] paper = epochs.get("paper");
    if (paper == null) {
      return new double[0];
    }
    double[] full = epochs.get("full");
    double[] metric = paper.clone();
    for (int i = 0; i < metric.length; i++) {
      metric[i] = Double.isNaN(paper[i]) ? full[i] : paper[i];
    }
    return metric;
  }
}
