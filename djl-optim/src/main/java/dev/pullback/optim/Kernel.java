package dev.pullback.optim;

import java.util.List;

/**
 * A rule's step as a native program: a method of {@code optimizers.py} with what it needs.
 *
 * @param program the name of the method
 * @param first the state that every parameter has
 * @param second the state that only some parameters may have, or an empty name
 * @param numbers the rule's own numbers, in the program's order
 */
record Kernel(String program, String first, String second, List<Double> numbers) {

  static final String NONE = "";
}
