package dev.pullback.train.cli;

import dev.pullback.train.report.StudyReport;
import dev.pullback.train.study.Study;
import java.io.IOException;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code pullback study report}. */
@Command(
    name = "report",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Prints what came out so far, and writes it to report.md, with plots to report.html, and as pictures.")
final class StudyReportCommand extends StudySubcommand {

  @Option(
      names = "--baseline",
      paramLabel = "NAME",
      defaultValue = "adamw",
      description =
          "What the others are compared with, by its name in the plan. Default:"
              + " ${DEFAULT-VALUE}.")
  private String baseline;

  @Override
  public Integer call() throws IOException {
    Study study = read();
    StudyReport report = StudyReport.of(study, baseline);
    String text = report.markdown();
    say(text);
    say("Report: " + study.write("report.md", text));
    say("Page: " + study.write("report.html", report.html()));
    for (Map.Entry<String, byte[]> image : report.images().entrySet()) {
      say("Picture: " + study.write(image.getKey(), image.getValue()));
    }
    return 0;
  }
}
