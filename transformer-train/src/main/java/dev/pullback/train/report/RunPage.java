package dev.pullback.train.report;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.train.InputException;
import dev.pullback.train.store.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A page of runs beside each other: what was measured, samples, settings. The same page shows
 * running ones, told by a server what is new, and finished ones from a file without a network.
 */
public final class RunPage {

  /** Points of a curve of the run that a page is about. */
  public static final int POINTS = 1000;

  /** Points of a curve of a run beside it. */
  public static final int POINTS_BESIDE = 500;

  private RunPage() {}

  /**
   * What the page's script draws; its names are the script's.
   *
   * @param events where news come from; null for a page that stays as it is
   * @param study whether a study is shown, whose page is beside this one
   */
  private record Page(
      List<String> colours, String title, String events, boolean study, List<ObjectNode> runs) {}

  /**
   * Makes the page that a server fills.
   *
   * @param title what is shown
   * @param events the path of the server's events, which are {@link RunHistory#since}'s messages
   * @param study whether the server has a page {@code study} too
   * @return the page
   * @throws IOException if a resource cannot be read
   */
  public static String live(String title, String events, boolean study) throws IOException {
    return html(new Page(Palette.css(), title, events, study, List.of()));
  }

  /**
   * Makes the page of runs as they are.
   *
   * @param names what to call each, different ones
   * @param folders the runs, the first the one that the page is about
   * @return the page
   * @throws InputException if a run has measured nothing
   * @throws IOException if a run cannot be read
   */
  public static String of(List<String> names, List<Path> folders) throws IOException {
    List<ObjectNode> runs = new ArrayList<>();
    for (int i = 0; i < folders.size(); i++) {
      RunFolder folder = new RunFolder(folders.get(i));
      if (!Files.isRegularFile(folder.metrics())) {
        throw new InputException(
            "%s holds no run: there is no %s"
                .formatted(folder.path(), folder.metrics().getFileName()));
      }
      RunHistory history = new RunHistory(names.get(i), folder, i == 0 ? POINTS : POINTS_BESIDE);
      boolean more = true;
      while (more) {
        more = history.read();
      }
      runs.add(history.since(new RunHistory.Seen()));
    }
    return html(new Page(Palette.css(), names.get(0), null, false, runs));
  }

  private static String html(Page page) throws IOException {
    return HtmlPage.of("run", List.of(HtmlPage.ECHARTS), page);
  }
}
