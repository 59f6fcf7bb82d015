package dev.pullback.train.config;

import dev.pullback.optim.ParameterInfo;

/** What Muon makes of the matrices of a language model. */
public enum MuonMatrices {
  /** All are orthogonalised, with a row for each output. */
  ALL {
    @Override
    public Role role(ParameterInfo parameter) {
      return parameter.path().endsWith("embedding") ? Role.EMBEDDING : Role.LINEAR;
    }
  },
  /**
   * As in the paper: embeddings have a row for each input, and attention's matrices are left to
   * Adam. The paper's model is Flax's, where the kernels of attention have three axes (width,
   * heads, width of a head), and Optax's Muon leaves what is not a matrix to Adam.
   *
   * @see <a
   *     href="https://github.com/google-deepmind/optax/blob/main/optax/contrib/_muon.py">Optax's
   *     Muon</a>
   */
  PAPER {
    @Override
    public Role role(ParameterInfo parameter) {
      return switch (parameter.path()) {
        case "wte", "wpe" -> Role.EMBEDDING;
        default -> parameter.path().contains(".attn.") ? Role.ADAM : Role.LINEAR;
      };
    }
  };

  /**
   * Tells what Muon makes of a parameter of a language model.
   *
   * @param parameter a matrix
   * @return its role
   */
  public abstract Role role(ParameterInfo parameter);

  /** What a matrix is to Muon. */
  public enum Role {
    /** Orthogonalised; a row for each output, as linear layers store their weights. */
    LINEAR,
    /** Orthogonalised; a row for each input, as a table of vectors is stored. */
    EMBEDDING,
    /** Not orthogonalised. */
    ADAM
  }
}
