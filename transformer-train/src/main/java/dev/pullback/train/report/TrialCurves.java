package dev.pullback.train.report;

import dev.pullback.train.study.ResultRow;
import java.nio.file.Path;

/**
 * What a trial measured as it went.
 *
 * @param row the trial
 * @param epochs of each evaluation the epoch, the steps and seconds so far, the mean training loss
 *     since the one before, and both metrics; for a function its value, as the loss, at each step
 * @param steps of each step what its line in {@code metrics.jsonl} has, and {@code rate}, the
 *     learning rate times the metric scale
 * @param path {@code x}, {@code y} and {@code f} from the start, for functions of two variables
 */
record TrialCurves(ResultRow row, Columns epochs, Columns steps, Columns path) {

  /** Reads what the trial's folder holds. */
  static TrialCurves read(Path out, ResultRow row) {
    // An absent folder holds nothing, and so does a trial that has none.
    Path folder = row.trial() == null ? out.resolve("no-trial") : out.resolve(row.trial());
    Path metrics = folder.resolve("metrics.jsonl");
    Columns steps =
        Columns.read(
            metrics,
            "train",
            "step",
            "loss",
            "learningRate",
            "gradientNorm",
            "trace",
            "metricScale");
    Columns path = new Columns(0);
    Columns epochs =
        Columns.read(metrics, "validation", "epoch", "step", "seconds", "loss", "paper", "full");
    if (row.onFunction()) {
      double[] values = epochs.get("full");
      path = Columns.read(metrics, "validation", "x", "y");
      path.put("f", values);
      double[] step = epochs.get("step");
      epochs = new Columns(values.length);
      epochs.put("step", step);
      epochs.put("loss", values);
    } else {
      epochs.put("loss", meanLosses(steps, epochs.get("step")));
    }
    return new TrialCurves(row, epochs, withRate(steps), path);
  }

  /** The mean training loss of the steps up to each evaluation. */
  private static double[] meanLosses(Columns steps, double[] evaluated) {
    double[] means = new double[evaluated.length];
    double[] step = steps.get("step");
    double[] loss = steps.get("loss");
    int next = 0;
    for (int i = 0; i < means.length; i++) {
      double sum = 0;
      int count = 0;
      for (; next < step.length && step[next] <= evaluated[i]; next++) {
        sum += loss[next];
        count++;
      }
      means[i] = sum / count;
    }
    return means;
  }

  private static Columns withRate(Columns steps) {
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
