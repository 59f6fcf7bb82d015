package dev.pullback.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import dev.pullback.engine.HostValues;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/** What the ranks of a {@link Collective} tell each other for a step. Nothing is changed here. */
final class Ranks {

  /** Elements of a sum: 4 MiB. */
  static final int BUCKET = 1 << 20;

  private static final int PIECE_BITS = 16;
  private static final int PIECE = (1 << PIECE_BITS) - 1;

  private final Collective collective;

  Ranks(Collective collective) {
    this.collective = collective;
  }

  /**
   * Averages the loss.
   *
   * @param step the number of the step
   * @param elements of all gradients
   * @param losses what this rank has observed
   * @return the mean; empty if no rank has observed any
   * @throws IllegalStateException if the ranks are not about to take the same step; on all of them
   */
  OptionalDouble meanLoss(long step, long elements, LossObserver losses) {
    boolean observed = losses.hasObserved();
    double loss = observed ? losses.sum() : 0;
    float high = (float) loss;
    float low = Float.isFinite(high) ? (float) (loss - high) : 0;
    float[][] all =
        gather(
            observed ? 1 : 0,
            high,
            low,
            piece(step, 0),
            piece(step, 1),
            piece(elements, 0),
            piece(elements, 1),
            piece(elements, 2));
    double sum = 0;
    int having = 0;
    for (int rank = 0; rank < all.length; rank++) {
      float[] theirs = all[rank];
      if (!Arrays.equals(theirs, 3, theirs.length, all[0], 3, theirs.length)) {
        throw new IllegalStateException(
            "Rank %d is not about to take the same step, of as many gradients, as rank 0; this is rank %d, at step %d with %d gradients"
                .formatted(rank, collective.rank(), step, elements));
      }
      having += theirs[0] > 0 ? 1 : 0;
      sum += (double) theirs[1] + theirs[2];
    }
    if (having > 0 && having < all.length) {
      throw new IllegalStateException(
          "%d of %d ranks have observed a loss for step %d; observe it on all of them or on none"
              .formatted(having, all.length, step));
    }
    return having == 0 ? OptionalDouble.empty() : OptionalDouble.of(sum / all.length);
  }

  private static float piece(long value, int place) {
    return (value >>> (place * PIECE_BITS)) & PIECE;
  }

  private static long checksum(NDArray array) {
    CRC32C checksum = new CRC32C();
    checksum.update(array.toByteBuffer());
    return checksum.getValue();
  }

  /**
   * Averages arrays, several small ones at a time.
   *
   * @param arrays float32, of the same shapes on every rank
   * @return new arrays in the caller's scope
   */
  List<NDArray> mean(List<NDArray> arrays) {
    List<NDArray> means = new ArrayList<>();
    int from = 0;
    long elements = 0;
    for (int i = 0; i < arrays.size(); i++) {
      elements += arrays.get(i).size();
      if (elements >= BUCKET || i == arrays.size() - 1) {
        means.addAll(meanOfGroup(arrays.subList(from, i + 1), Math.toIntExact(elements)));
        from = i + 1;
        elements = 0;
      }
    }
    return means;
  }

  private List<NDArray> meanOfGroup(List<NDArray> group, int elements) {
    float[] values = new float[elements];
    int place = 0;
    for (NDArray array : group) {
      float[] own = HostValues.read(array, NDArray::toFloatArray);
      System.arraycopy(own, 0, values, place, own.length);
      place += own.length;
    }
    for (int from = 0; from < elements; from += BUCKET) {
      float[] bucket = Arrays.copyOfRange(values, from, Math.min(from + BUCKET, elements));
      sum(bucket);
      for (int i = 0; i < bucket.length; i++) {
        values[from + i] = bucket[i] / collective.size();
      }
    }
    List<NDArray> means = new ArrayList<>();
    place = 0;
    for (NDArray array : group) {
      Shape shape = array.getShape();
      int end = place + (int) array.size();
      means.add(
          HostValues.on(array.getManager()).create(Arrays.copyOfRange(values, place, end), shape));
      place = end;
    }
    return means;
  }

  /**
   * Compares the weights of a model and the state of its optimiser by checksums of their bytes.
   * Running statistics of layers, which are each rank's own, are left out.
   *
   * @throws IllegalStateException if one differs; on all ranks, naming the first
   */
  void requireEqual(BoundModel model, OptimizerState state) {
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    for (BoundModel.Named named : model.all()) {
      Parameter.Type type = named.parameter().getType();
      if (type != Parameter.Type.RUNNING_MEAN && type != Parameter.Type.RUNNING_VAR) {
        arrays.put(named.path(), named.array());
      }
    }
    new TreeMap<>(state.arrays()).forEach((name, array) -> arrays.put("state " + name, array));
    requireEqual(arrays);
  }

  private void requireEqual(Map<String, NDArray> arrays) {
    float[] own = new float[2 * arrays.size() + 1];
    own[0] = arrays.size();
    int place = 1;
    for (NDArray array : arrays.values()) {
      long checksum = HostValues.read(array, Ranks::checksum);
      own[place++] = piece(checksum, 0);
      own[place++] = piece(checksum, 1);
    }
    float[][] counts = gather(own[0]);
    for (int rank = 1; rank < counts.length; rank++) {
      if (counts[rank][0] != counts[0][0]) {
        throw new IllegalStateException(
            "Rank %d has %.0f weights and arrays of state, rank 0 has %.0f: they train different models or began differently"
                .formatted(rank, counts[rank][0], counts[0][0]));
      }
    }
    float[][] all = gather(own);
    place = 1;
    for (String name : arrays.keySet()) {
      for (int rank = 1; rank < all.length; rank++) {
        if (all[rank][place] != all[0][place] || all[rank][place + 1] != all[0][place + 1]) {
          throw new IllegalStateException(
              "%s of rank %d differs from that of rank 0; ranks must begin with the same weights and state, and no other code may change them"
                  .formatted(name, rank));
        }
      }
      place += 2;
    }
  }

  /** Returns what every rank has, each in its own row. */
  private float[][] gather(float... own) {
    int size = collective.size();
    float[] flat = new float[Math.multiplyExact(size, own.length)];
    System.arraycopy(own, 0, flat, collective.rank() * own.length, own.length);
    sum(flat);
    float[][] rows = new float[size][];
    Arrays.setAll(
        rows, rank -> Arrays.copyOfRange(flat, rank * own.length, (rank + 1) * own.length));
    return rows;
  }

  private void sum(float[] values) {
    try {
      collective.sum(values);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Throws unless a gradient can be summed, which Java's collectives do in float32. */
  static void requireFloat32(BoundModel.Named named) {
    if (named.array().getDataType() != DataType.FLOAT32) {
      throw new IllegalStateException(
          "Parameter %s is %s; only gradients of float32 are summed over ranks"
              .formatted(named.path(), named.array().getDataType()));
    }
  }
}
