package dev.pullback.train.config;

/** What an option is about; help texts and the reference are ordered by it. */
public enum Topic {
  /** What is trained, and on what. */
  DATA("Task and data"),
  /** The language model's shape. */
  MODEL("Language model"),
  /** The optimiser and its hyperparameters. */
  OPTIMIZER("Optimiser"),
  /** Learning rate over time, batches, and when to end. */
  BUDGET("Schedule and budget"),
  /** What is measured and kept as the run goes. */
  KEEPING("Evaluation, metrics and checkpoints"),
  /** How it is computed. */
  MACHINE("Machine");

  private final String title;

  Topic(String title) {
    this.title = title;
  }

  /**
   * Returns the heading.
   *
   * @return words for a person
   */
  public String title() {
    return title;
  }
}
