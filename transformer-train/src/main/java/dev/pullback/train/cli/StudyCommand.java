package dev.pullback.train.cli;

import picocli.CommandLine.Command;

/** {@code pullback study}. */
@Command(
    name = "study",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    subcommands = {
      StudyPlanCommand.class,
      StudyRunCommand.class,
      StudyRerunCommand.class,
      StudyStatusCommand.class,
      StudyReportCommand.class,
      StudyFitCommand.class
    },
    description = "Tunes optimisers with equal budgets and compares them on fresh seeds.",
    footer = {
      "",
      "Examples:",
      "  pullback study plan docs/studies/nanogpt-cpu.yaml --out runs/study",
      "  pullback study run --out runs/study --jobs 2",
      "  pullback study report --out runs/study",
      "  pullback study fit --out runs/study"
    })
final class StudyCommand {}
