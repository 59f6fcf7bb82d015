package dev.pullback.train.run;

import dev.pullback.optim.ParameterInfo;

/** Which parameters weight decay applies to. */
enum DecayMask {
  ALL,
  MATRICES;

  boolean includes(ParameterInfo parameter) {
    return this == ALL || parameter.isMatrix();
  }
}
