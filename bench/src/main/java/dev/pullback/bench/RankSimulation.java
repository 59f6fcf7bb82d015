package dev.pullback.bench;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * What a step would take on more machines, from the parts of one that was measured on two processes
 * of this machine. Each rank computes as long as in one of the measured steps, drawn at random; all
 * wait for the slowest. Sums go round a ring: each rank sends and receives 2 (n-1)/n of the bytes,
 * in 2 (n-1) messages a bucket. What they cost here, which is copying and adding, stays, in
 * proportion to the bytes, and the network's time is added to it.
 */
final class RankSimulation {

  private static final int DRAWS = 2000;
  private static final int MEASURED_RANKS = 2;

  /** Between machines of one room. */
  private static final double LATENCY_SECONDS = 1e-4;

  private final double[] computeSeconds;
  private final double sumSeconds;
  private final long bytes;
  private final int buckets;

  /**
   * Takes what was measured.
   *
   * @param computeSeconds of steps on one rank, without waiting and sums
   * @param sumSeconds of a step's sums between two processes of this machine
   * @param bytes of all gradients
   * @param buckets in how many sums
   */
  RankSimulation(double[] computeSeconds, double sumSeconds, long bytes, int buckets) {
    this.computeSeconds = computeSeconds.clone();
    this.sumSeconds = sumSeconds;
    this.bytes = bytes;
    this.buckets = buckets;
  }

  long bytes() {
    return bytes;
  }

  /**
   * A step in seconds.
   *
   * @param compute the time of the slowest rank, the mean over many steps
   * @param sums the time of all sums
   */
  record Step(double compute, double sums) {

    double seconds() {
      return compute + sums;
    }
  }

  /**
   * Simulates steps.
   *
   * @param ranks how many machines, at least 1
   * @param bitsPerSecond of each machine's network
   * @param work how much a rank computes, as a multiple of what was measured
   * @return the mean step
   */
  Step step(int ranks, double bitsPerSecond, double work) {
    SplittableRandom random = new SplittableRandom(1);
    double slowest = 0;
    for (int draw = 0; draw < DRAWS; draw++) {
      double longest = 0;
      for (int rank = 0; rank < ranks; rank++) {
        longest = Math.max(longest, computeSeconds[random.nextInt(computeSeconds.length)]);
      }
      slowest += longest / DRAWS;
    }
    if (ranks == 1) {
      return new Step(work * Arrays.stream(computeSeconds).average().orElseThrow(), 0);
    }
    double share = share(ranks);
    double network =
        share * bytes * Byte.SIZE / bitsPerSecond + 2.0 * (ranks - 1) * LATENCY_SECONDS * buckets;
    return new Step(work * slowest, sumSeconds * share / share(MEASURED_RANKS) + network);
  }

  /** How much of the bytes each rank sends. */
  private static double share(int ranks) {
    return 2.0 * (ranks - 1) / ranks;
  }
}
