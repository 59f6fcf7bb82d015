package dev.pullback.train.report;

import java.util.List;
import java.util.Locale;

/** The fits of a study in Markdown. */
final class StudyFitText {

  private final StringBuilder text = new StringBuilder();
  private final StudyLaw fit;

  private StudyFitText(StudyLaw fit) {
    this.fit = fit;
  }

  static String of(StudyLaw fit) {
    return new StudyFitText(fit).all();
  }

  private String all() {
    line("# Fits of the study");
    line("");
    line(
        "Losses are those of complete evaluation trials, in nats per token; N counts parameters without embeddings, D tokens. Intervals are 95 %%; those of laws say what other seeds would change (%d draws, seed %d).",
        fit.draws(), fit.seed());
    if (fit.law() != null) {
      law(fit.law());
    }
    speedUps();
    heldOut();
    predictions();
    hyperparameters();
    sensitivities();
    if (!fit.notes().isEmpty()) {
      heading("What could not be fitted");
      fit.notes().forEach(note -> line("- %s", note));
    }
    return text.toString();
  }

  private void law(StudyLaw.Law law) {
    heading("Law");
    line("    %s", law.formula());
    line("");
    line(
        "Fitted to %d runs; rho of %s is 1. Draws that no law could be fitted to: %d of %d.",
        law.points(), fit.baseline(), law.failedDraws(), fit.draws());
    line("");
    table("parameter", "variable projection", "L-BFGS", "95 % interval");
    for (StudyLaw.Parameter parameter : law.parameters()) {
      row(
          parameter.name(),
          Bounds.number(parameter.variableProjection()),
          Bounds.number(parameter.lbfgs().value()),
          parameter.lbfgs().interval());
    }
    line("");
    for (StudyLaw.Solver solver : law.solvers()) {
      line(
          "- %s: objective %s, %s",
          solver.name(),
          String.format(Locale.ROOT, "%.6e", solver.objective()),
          solver.converged() ? "converged" : "did not converge");
    }
    if (!law.efficiencies().isEmpty()) {
      heading("Efficiencies");
      law.efficiencies().forEach(efficiency -> line("- %s", efficiency.sentence()));
    }
  }

  private void speedUps() {
    if (fit.speedUps().isEmpty()) {
      return;
    }
    heading("Speed-up over " + fit.baseline());
    line(
        "Tokens that %s needs / tokens that the other needs for its loss. What was measured is never extrapolated: 0 is less, and unbounded more, than %s was run with.",
        fit.baseline(), fit.baseline());
    line("");
    table("optimiser", "N", "D", "from the law", "measured");
    for (StudyLaw.SpeedUpAt at : fit.speedUps()) {
      row(
          at.optimizer(),
          whole(at.parameters()),
          whole(at.tokens()),
          at.ofLaw() == null ? "" : at.ofLaw().text(),
          at.measured() == null ? "" : at.measured().text());
    }
  }

  private void heldOut() {
    if (fit.heldOut().isEmpty()) {
      return;
    }
    heading("The largest size, predicted from the others");
    for (StudyLaw.HeldOut cell : fit.heldOut()) {
      predicted(cell.parameters(), cell.tokens(), cell.seeds(), cell.sentence());
    }
  }

  private void predictions() {
    if (fit.predictions().isEmpty()) {
      return;
    }
    heading("What is not evaluated yet, predicted");
    for (StudyLaw.Prediction cell : fit.predictions()) {
      predicted(cell.parameters(), cell.tokens(), cell.seeds(), cell.sentence());
    }
  }

  private void predicted(double parameters, double tokens, int seeds, String sentence) {
    line("- N = %s, D = %s, %d seeds, %s", whole(parameters), whole(tokens), seeds, sentence);
  }

  private void hyperparameters() {
    if (fit.hyperparameters().isEmpty()) {
      return;
    }
    heading("Tuned hyperparameters, A · N^b");
    line(
        "Least squares through the logarithms of the optima, at the number of tokens a weight that"
            + " most sizes have; c of tokens^c from all budgets, with the size held fixed.");
    line("");
    fit.hyperparameters().forEach(tuned -> line("- %s", tuned.sentence()));
    line("");
    table("optimiser", "hyperparameter", "A", "b", "b after Theil and Sen", "c", "optima");
    for (StudyLaw.Tuned tuned : fit.hyperparameters()) {
      row(
          tuned.optimizer(),
          tuned.hyperparameter(),
          tuned.coefficient().text(),
          tuned.exponent().text(),
          Bounds.number(tuned.theilSen()),
          tuned.tokenExponent() == null ? "" : tuned.tokenExponent().text(),
          String.join(
              ", ",
              tuned.optima().stream()
                  .map(o -> "%s at %s".formatted(Bounds.number(o.value()), whole(o.parameters())))
                  .toList()));
    }
  }

  private void sensitivities() {
    if (fit.sensitivities().isEmpty()) {
      return;
    }
    heading("Learning-rate sensitivity");
    line(
        "Mean over the rates of the loss above the least. Compare the same range only; rates that diverged count as if they had ended where they began.");
    line("");
    table("size", "optimiser", "rates", "diverged", "from", "to", "best", "sensitivity");
    for (StudyLaw.Sensitivity of : fit.sensitivities()) {
      row(
          of.size(),
          of.optimizer(),
          "" + of.rates(),
          "" + of.diverged(),
          Bounds.number(of.low()),
          Bounds.number(of.high()),
          Bounds.number(of.best()),
          Bounds.number(of.sensitivity()));
    }
  }

  private static String whole(double count) {
    return String.format(Locale.ROOT, "%.0f", count);
  }

  private void heading(String title) {
    line("");
    line("## %s", title);
    line("");
  }

  private void table(String... heads) {
    row(heads);
    line("|%s", "---|".repeat(heads.length));
  }

  private void row(String... cells) {
    line("| %s |", String.join(" | ", List.of(cells)));
  }

  private void line(String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values)).append('\n');
  }
}
