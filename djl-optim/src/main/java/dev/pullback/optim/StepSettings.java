package dev.pullback.optim;

import java.util.function.Predicate;

/** Everything about a step that is not the rule. */
record StepSettings(
    Schedule learningRate,
    Schedule weightDecay,
    Predicate<ParameterInfo> decayMask,
    GradientTransform gradients,
    NonFinitePolicy nonFinite,
    int maxSkippedSteps,
    boolean finiteCheck,
    Kernels kernels,
    int beginNumUpdate) {}
