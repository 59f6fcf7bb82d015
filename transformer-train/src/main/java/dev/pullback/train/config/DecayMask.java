package dev.pullback.train.config;

import dev.pullback.optim.ParameterInfo;

/** Which parameters weight decay applies to. */
public enum DecayMask {
  ALL,
  MATRICES;

  public boolean includes(ParameterInfo parameter) {
    return this == ALL || parameter.isMatrix();
  }
}
