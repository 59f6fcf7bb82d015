package dev.pullback.train.report;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.pullback.train.InputException;
import dev.pullback.train.study.ResultRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/**
 * {@code results.json}: what an experiment has found so far.
 *
 * @param rows its trials
 */
@JsonIgnoreProperties(ignoreUnknown = true)
record Results(List<ResultRow> rows) {

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();

  /** The order of the paper's tables; other optimisers follow. */
  private static final List<String> ORDER =
      List.of("adam", "adamw", "sgd", "sgd_rms", "sgd_metric", "sgd_log_metric", "muon");

  Results {
    rows = rows == null ? List.of() : rows.stream().filter(Objects::nonNull).toList();
  }

  /** Reads the file in an experiment's folder. */
  static Results read(Path out) {
    Path file = out.resolve("results.json");
    if (!Files.isRegularFile(file)) {
      throw new InputException(
          out + " holds no results.json; name the --out folder of a './pullback paper' run");
    }
    try {
      Results results = JSON.readValue(file.toFile(), Results.class);
      return results == null ? new Results(null) : results;
    } catch (JsonProcessingException e) {
      throw new InputException(
          "%s, line %d: not the results of an experiment (%s)"
              .formatted(
                  file,
                  e.getLocation() == null ? 1 : e.getLocation().getLineNr(),
                  e.getOriginalMessage().lines().findFirst().orElse("not JSON")),
          e);
    } catch (IOException e) {
      throw new InputException("cannot read the results " + file, e);
    }
  }

  /** Returns all optimisers, the paper's first; their places choose their colours. */
  List<String> optimizers() {
    return inOrder(rows.stream().map(ResultRow::optimizer).toList());
  }

  /** Returns distinct names in the paper's order, then those that it does not have. */
  static List<String> inOrder(List<String> names) {
    List<String> ordered = new ArrayList<>(ORDER);
    ordered.retainAll(names);
    names.stream().filter(name -> !ordered.contains(name)).forEach(ordered::add);
    return Collections.unmodifiableList(ordered);
  }

  /** Sorts trials into lists, keeping their order. */
  static Map<String, List<ResultRow>> by(List<ResultRow> rows, Function<ResultRow, String> key) {
    Map<String, List<ResultRow>> lists = new LinkedHashMap<>();
    for (ResultRow row : rows) {
      lists.computeIfAbsent(key.apply(row), k -> new ArrayList<>()).add(row);
    }
    return lists;
  }
}
