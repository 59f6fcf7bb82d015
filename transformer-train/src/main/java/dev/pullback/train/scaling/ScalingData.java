package dev.pullback.train.scaling;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.hipparchus.util.FastMath;

/**
 * Points in cells: an optimiser at a size and a number of tokens, with its seeds.
 *
 * <p>Immutable. The first optimiser is the one that others' efficiencies are relative to.
 */
public final class ScalingData {

  private final List<String> optimizers;
  private final List<Cell> cells;

  /** Cells whose seeds are drawn together, since they are pairs. */
  private final List<List<Integer>> groups;

  private record Place(String optimizer, double parameters, double tokens) {}

  private record Pairs(double parameters, double tokens, List<Long> seeds) {}

  private ScalingData(List<String> optimizers, List<Cell> cells, List<List<Integer>> groups) {
    this.optimizers = optimizers;
    this.cells = cells;
    this.groups = groups;
  }

  /**
   * Sorts points into cells.
   *
   * @param points in any order, but that the first one's optimiser is the reference
   * @return the cells
   * @throws IllegalArgumentException if there are none, or two of one cell have the same seed
   */
  public static ScalingData of(List<LossPoint> points) {
    if (points.isEmpty()) {
      throw new IllegalArgumentException("there are no points to fit; give complete runs");
    }
    List<String> optimizers = points.stream().map(LossPoint::optimizer).distinct().toList();
    Map<Place, TreeMap<Long, Double>> losses = new LinkedHashMap<>();
    for (LossPoint point : points) {
      Place place = new Place(point.optimizer(), point.parameters(), point.tokens());
      Double before =
          losses
              .computeIfAbsent(place, p -> new TreeMap<>())
              .put(point.seed(), FastMath.log(point.loss()));
      if (before != null) {
        throw new IllegalArgumentException(
            "%s has two losses at %s parameters, %s tokens and seed %d; give one"
                .formatted(point.optimizer(), point.parameters(), point.tokens(), point.seed()));
      }
    }
    List<Cell> cells = new ArrayList<>();
    Map<Pairs, List<Integer>> groups = new LinkedHashMap<>();
    losses.forEach(
        (place, bySeed) -> {
          Pairs pairs = new Pairs(place.parameters(), place.tokens(), List.copyOf(bySeed.keySet()));
          groups.computeIfAbsent(pairs, p -> new ArrayList<>()).add(cells.size());
          cells.add(
              new Cell(
                  optimizers.indexOf(place.optimizer()),
                  place.parameters(),
                  place.tokens(),
                  bySeed.values().stream().mapToDouble(Double::doubleValue).toArray()));
        });
    return new ScalingData(optimizers, List.copyOf(cells), List.copyOf(groups.values()));
  }

  /** Returns the optimisers' names, the reference first. */
  public List<String> optimizers() {
    return optimizers;
  }

  List<Cell> cells() {
    return cells;
  }

  /** Returns how many cells have one seed only; resampling does not move them. */
  public int cellsOfOneSeed() {
    return (int) cells.stream().filter(cell -> cell.size() == 1).count();
  }

  /** Returns how many seeds there are beyond the first of every draw, which noise is known from. */
  int degreesOfFreedom() {
    return groups.stream().mapToInt(group -> cells.get(group.get(0)).size() - 1).sum();
  }

  /**
   * Draws seeds with replacement within cells, which stay. Optimisers with the same seeds at a size
   * and number of tokens get the same draw, so that what a seed does to all of them cancels in
   * their differences.
   */
  ScalingData resampled(SplittableRandom random) {
    Cell[] drawn = new Cell[cells.size()];
    for (List<Integer> group : groups) {
      int seeds = cells.get(group.get(0)).size();
      int[] chosen = random.ints(seeds, 0, seeds).toArray();
      for (int index : group) {
        drawn[index] = cells.get(index).resampled(chosen);
      }
    }
    return new ScalingData(optimizers, List.of(drawn), groups);
  }

  /** Returns the place of an optimiser among them. */
  int indexOf(String optimizer) {
    int index = optimizers.indexOf(optimizer);
    if (index < 0) {
      throw new IllegalArgumentException(
          "there are no points of '%s'; give one of %s"
              .formatted(optimizer, String.join(", ", optimizers)));
    }
    return index;
  }
}
