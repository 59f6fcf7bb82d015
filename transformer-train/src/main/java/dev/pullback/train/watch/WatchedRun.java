package dev.pullback.train.watch;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.train.report.RunPage;
import dev.pullback.train.store.RunFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A run, and beside it those of the same parent folder that were written to last. */
public final class WatchedRun implements Watched {

  private static final Logger LOGGER = LoggerFactory.getLogger(WatchedRun.class);

  static final String EVENTS = "/events";
  private static final int BESIDE = 11;

  private final Path folder;
  private final String name;
  private final Histories histories = new Histories(this::find);
  private volatile long maxSteps;

  /**
   * Creates what shows a run.
   *
   * @param folder its folder, which need not exist yet
   */
  public WatchedRun(Path folder) {
    this.folder = folder.toAbsolutePath().normalize();
    this.name = name(this.folder);
  }

  /**
   * Says how long the run will be.
   *
   * @param steps its steps in all
   */
  public void maxSteps(long steps) {
    maxSteps = steps;
  }

  @Override
  public Map<String, Page> pages() {
    return Map.of("/", () -> RunPage.live(name, EVENTS, false));
  }

  @Override
  public Feed feed() {
    Histories.Seen seen = new Histories.Seen();
    return last -> {
      News news = histories.since(seen, last);
      for (ObjectNode message : news.messages()) {
        if (message.path("run").asText().equals(name)) {
          message.put("maxSteps", maxSteps);
        }
      }
      return news;
    };
  }

  private Map<String, Path> find() {
    Map<String, Path> found = new LinkedHashMap<>();
    found.put(name, folder);
    Path parent = folder.getParent();
    if (parent == null) {
      return found;
    }
    List<Path> runs;
    try (Stream<Path> folders = Files.list(parent)) {
      runs = folders.filter(WatchedRun::isRun).filter(run -> !run.equals(folder)).toList();
    } catch (IOException | UncheckedIOException e) {
      LOGGER.debug("cannot look for other runs beside {}: {}", folder, e.toString());
      return found;
    }
    record Run(Path folder, FileTime written) {}
    runs.stream()
        .map(run -> new Run(run, written(run)))
        .sorted(Comparator.comparing(Run::written).reversed().thenComparing(Run::folder))
        .limit(BESIDE)
        .forEach(run -> found.put(name(run.folder()), run.folder()));
    return found;
  }

  private static boolean isRun(Path folder) {
    RunFolder run = new RunFolder(folder);
    return Files.isRegularFile(run.config()) && Files.isRegularFile(run.metrics());
  }

  private static FileTime written(Path folder) {
    try {
      return Files.getLastModifiedTime(new RunFolder(folder).metrics());
    } catch (IOException e) {
      return FileTime.fromMillis(0); // removed in this moment
    }
  }

  private static String name(Path folder) {
    return folder.getFileName() == null ? folder.toString() : folder.getFileName().toString();
  }
}
