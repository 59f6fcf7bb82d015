package dev.pullback.optim.engine;

import ai.djl.ndarray.NDList;
import java.util.List;

/**
 * A whole optimiser step for {@link EngineSupport#run}.
 *
 * @param program the program's name
 * @param weights all weights, those that decay first; changed in place
 * @param gradients one per weight; zero after a step that was carried out
 * @param first state of every weight, changed in place
 * @param second more state, possibly of fewer weights, changed in place
 * @param decayed how many weights decay
 * @param numbers what the program reads
 */
public record ProgramStep(
    String program,
    NDList weights,
    NDList gradients,
    NDList first,
    NDList second,
    int decayed,
    List<Double> numbers) {}
