package dev.pullback.train;

/**
 * The SplitMix64 finaliser: derives independent, reproducible seeds from a run's seed.
 *
 * @see <a href="https://doi.org/10.1145/2714064.2660195">Steele, Lea, Flood, Fast Splittable
 *     Pseudorandom Number Generators (2014)</a>
 */
public final class SplitMix64 {

  private SplitMix64() {}

  /**
   * Mixes one value.
   *
   * @param value any value
   * @return its image under a bijection of the 64-bit integers
   */
  public static long mix(long value) {
    long z = value + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /**
   * Mixes a seed with numbers that say what it is for.
   *
   * @param seed the run's seed
   * @param keys for example a step and a batch within it
   * @return a seed of its own for these keys
   */
  public static long mix(long seed, long... keys) {
    long z = mix(seed);
    for (long key : keys) {
      z = mix(z ^ mix(key));
    }
    return z;
  }

  /**
   * Mixes a seed with a name.
   *
   * @param seed the run's seed
   * @param name what the new seed is for
   * @return a seed of its own for this name
   */
  public static long mix(long seed, String name) {
    return mix(seed, name.chars().asLongStream().toArray());
  }
}
