package dev.pullback.optim;

/** How steps are computed. */
public enum Kernels {
  /** The engine's programs where it has one for the rule and the parameters, else portable. */
  AUTO,
  /** One array operation after another, on every engine: the reference. */
  PORTABLE,
  /** The engine's programs only; a step for which there is none is refused. */
  NATIVE
}
