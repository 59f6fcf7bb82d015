package dev.pullback.train.watch;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.train.report.RunPage;
import dev.pullback.train.report.StudyReport;
import dev.pullback.train.report.StudyStatus;
import dev.pullback.train.study.Study;
import dev.pullback.train.study.StudyPlan;
import dev.pullback.train.study.StudyRow;
import dev.pullback.train.study.StudyRow.Status;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** A study: how far it is, the curves of trials that are running, and its page. */
public final class WatchedStudy implements Watched {

  private static final String BASELINE = "adamw";
  private static final int CURVES = 12;

  /** Looking at every trial of a large study takes a while. */
  private static final long APART_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final Path folder;
  private final Supplier<Study> open;
  private final Study study;
  private final Object reporting = new Object();
  private final Histories histories = new Histories(this::find);
  private List<StudyRow> rows = List.of();
  private StudyStatus status;
  private long read;
  private int reads;

  /**
   * Creates what shows a study.
   *
   * @param folder its folder
   * @param study opens the study
   */
  public WatchedStudy(Path folder, Supplier<Study> study) {
    this.folder = folder;
    this.open = study;
    this.study = study.get();
  }

  @Override
  public Map<String, Page> pages() {
    String title = String.valueOf(folder.toAbsolutePath().normalize().getFileName());
    return Map.of("/", () -> RunPage.live(title, WatchedRun.EVENTS, true), "/study", this::report);
  }

  /** Fits laws, which takes seconds: one at a time, and nothing else waits for it. */
  private String report() throws IOException {
    synchronized (reporting) {
      Study own = open.get();
      List<String> names = own.plan().entries().stream().map(StudyPlan.Entry::name).toList();
      return StudyReport.of(own, names.contains(BASELINE) ? BASELINE : names.get(0)).html();
    }
  }

  @Override
  public Feed feed() {
    Histories.Seen seen = new Histories.Seen();
    int[] told = {0};
    return last -> {
      List<ObjectNode> messages = new ArrayList<>();
      status(told, last, messages);
      News curves = histories.since(seen, last);
      messages.addAll(curves.messages());
      return new News(messages, curves.more());
    };
  }

  private synchronized void status(int[] told, boolean last, List<ObjectNode> messages)
      throws IOException {
    update(last);
    if (told[0] != reads) {
      told[0] = reads;
      ObjectNode message = JsonNodeFactory.instance.objectNode();
      message.putPOJO("status", status);
      message.putPOJO("running", List.copyOf(running().keySet()));
      messages.add(message);
    }
  }

  private synchronized Map<String, Path> find() throws IOException {
    update(false);
    return running();
  }

  private Map<String, Path> running() {
    Map<String, Path> found = new LinkedHashMap<>();
    rows.stream()
        .filter(row -> row.status() == Status.RUNNING)
        .limit(CURVES)
        .forEach(row -> found.put(row.trial(), folder.resolve(row.trial())));
    return found;
  }

  private void update(boolean anyway) throws IOException {
    long now = System.nanoTime();
    if (anyway || reads == 0 || now - read >= APART_NANOS) {
      read = now;
      rows = study.rows();
      status = StudyStatus.of(study.plan(), rows);
      reads++;
    }
  }
}
