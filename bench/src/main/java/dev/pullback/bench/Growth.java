package dev.pullback.bench;

import dev.pullback.bench.OptimizersInTurn.Result;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What an optimiser's step costs per parameter as the number of parameters grows.
 *
 * @param optimizers what is measured
 * @param base the one that the others are compared with
 */
record Growth(OptimizersInTurn optimizers, String base) {

  /** More than the arrays, for what a step needs for a moment. */
  private static final double ROOM = 1.2;

  /** Measures and prints a table for each size, and one of all sizes. */
  void print(List<Tensors> sizes, PrintWriter out) throws IOException {
    Map<Tensors, Map<String, Result>> measured = new TreeMap<>();
    for (Tensors size : sizes) {
      double needed = ROOM * optimizers.bytes(size);
      long free = Processor.freeMemory();
      if (needed > free && !optimizers.backend().device().isGpu()) {
        out.printf(
            "%nLeft out: %s; %d optimisers need %.1f GB, and %.1f GB are free.%n",
            size.description(), optimizers.names().size(), needed / 1e9, free / 1e9);
        continue;
      }
      Map<String, Result> results = optimizers.measure(size);
      measured.put(size, results);
      table(size, results).print(out);
    }
    if (measured.size() > 1) {
      summary(measured, out);
    }
  }

  private Table table(Tensors size, Map<String, Result> results) {
    Table table = new Table("Optimiser step, " + size.description(), "ms", false);
    results.forEach(
        (name, result) -> {
          table.add(name, result.spread());
          table.note(name, "mean", result.mean());
          table.note(name, "ns per parameter", nanosPerParameter(size, result));
        });
    return table.comparedWith(base);
  }

  private static double nanosPerParameter(Tensors size, Result result) {
    return 1e6 * result.spread().median() / size.parameters();
  }

  private static void summary(Map<Tensors, Map<String, Result>> measured, PrintWriter out) {
    out.printf("%n### Nanoseconds per parameter, medians%n%n| |");
    Map<String, double[]> rows = new LinkedHashMap<>();
    List<Tensors> sizes = List.copyOf(measured.keySet());
    for (int i = 0; i < sizes.size(); i++) {
      Tensors size = sizes.get(i);
      out.printf(" %d million |", size.millions());
      int column = i;
      measured
          .get(size)
          .forEach(
              (name, result) ->
                  rows.computeIfAbsent(name, n -> new double[sizes.size()])[column] =
                      nanosPerParameter(size, result));
    }
    out.printf(" last to first |%n|---|%s---|%n", "---|".repeat(sizes.size()));
    rows.forEach(
        (name, nanos) -> {
          out.printf("| %s |", name);
          for (double each : nanos) {
            out.printf(" %.3f |", each);
          }
          out.printf(" %.2f |%n", nanos[nanos.length - 1] / nanos[0]);
        });
    out.flush();
  }
}
