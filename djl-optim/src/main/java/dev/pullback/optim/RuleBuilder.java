package dev.pullback.optim;

/** A builder for rules that are complete already. */
final class RuleBuilder extends StepOptimizerBuilder<RuleBuilder> {

  private final Recipe recipe;

  RuleBuilder(Recipe recipe) {
    this.recipe = recipe;
  }

  @Override
  Recipe recipe() {
    return recipe;
  }

  @Override
  protected RuleBuilder self() {
    return this;
  }

  @Override
  public StepOptimizer build() {
    return new StepOptimizer(this);
  }
}
