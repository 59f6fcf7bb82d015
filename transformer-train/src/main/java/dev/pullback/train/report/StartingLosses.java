package dev.pullback.train.report;

import dev.pullback.train.study.StudyRow;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * About what the loss is before the first step, which trials do not measure: the first training
 * loss that was logged by the tuning trial with the lowest learning rate, which has moved least.
 */
final class StartingLosses {

  private final Map<String, Double> bySize = new HashMap<>();

  StartingLosses(List<StudyRow> rows) {
    rows.stream()
        .filter(row -> !row.isEvaluation() && row.firstLoss() != null && rate(row) != null)
        .collect(
            Collectors.groupingBy(
                StudyRow::size, Collectors.minBy(Comparator.comparingDouble(StartingLosses::rate))))
        .forEach((size, row) -> bySize.put(size, row.orElseThrow().firstLoss()));
  }

  private static Double rate(StudyRow row) {
    return row.hyperparameters().get("lr");
  }

  /** The loss of a size's models before the first step; infinite where it is not known. */
  double of(String size) {
    return bySize.getOrDefault(size, Double.POSITIVE_INFINITY);
  }

  /** Whether a trial was last seen above where it began. */
  boolean isAbove(StudyRow row) {
    return row.loss() != null && row.loss() > of(row.size());
  }
}
