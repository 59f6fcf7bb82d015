package dev.pullback.train.report;

import dev.pullback.train.study.StudyRow;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * About what the loss is before the first step, which trials do not measure: the first training
 * loss that was logged by the tuning trial with the lowest learning rate, which has moved least.
 */
final class StartingLosses {

  private final Map<String, StudyRow> slowest;

  StartingLosses(List<StudyRow> rows) {
    slowest =
        rows.stream()
            .filter(row -> !row.isEvaluation() && row.firstLoss() != null && rate(row) != null)
            .collect(
                Collectors.toMap(
                    StudyRow::size,
                    Function.identity(),
                    BinaryOperator.minBy(Comparator.comparingDouble(StartingLosses::rate))));
  }

  private static Double rate(StudyRow row) {
    return row.hyperparameters().get("lr");
  }

  /** The loss of a size's models before the first step; infinite where it is not known. */
  double of(String size) {
    StudyRow row = slowest.get(size);
    return row == null ? Double.POSITIVE_INFINITY : row.firstLoss();
  }

  /** Whether a trial was last seen above where it began. */
  boolean isAbove(StudyRow row) {
    return row.loss() != null && row.loss() > of(row.size());
  }
}
