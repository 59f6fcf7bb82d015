package dev.pullback.train.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.train.store.JsonLines;
import dev.pullback.train.store.JsonTail;
import dev.pullback.train.store.RunFolder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a run has measured so far, thinned to what a page can draw, in memory that does not grow
 * with the run. Reads on where it stopped, also while the run writes. Used by one thread at a time.
 */
public final class RunHistory {

  /** The file of samples in a run's folder: {@code step} and {@code text} a line. */
  public static final String SAMPLES = "samples.jsonl";

  private static final String MEAN = "mean";
  private static final String SPEED = "speed";
  private static final String VALIDATION = "validation";

  /** The metric, where no loss is measured: an accuracy does not belong into a chart of losses. */
  private static final String SCORE = "score";

  private static final String[] MEASURED = {
    "loss", "learningRate", "gradientNorm", "trace", "metricScale", "tokens", "seconds"
  };

  /** Those whose means are drawn over their extremes. */
  private static final Set<String> NOISY = Set.of("loss", "gradientNorm", "trace", "metricScale");

  /** Single steps take less than what the clock of the machine and its other users add. */
  private static final double SPEED_SECONDS = 1;

  private static final int SAMPLES_KEPT = 5;
  private static final int CONFIG_BYTES = 1 << 16;
  private static final Pattern SETTING = Pattern.compile("([a-z0-9-]+): *\"?(.*?)\"?");

  private final String name;
  private final RunFolder folder;
  private final JsonTail metrics;
  private final JsonTail samplesFile;
  private final Map<String, Thinned> curves = new LinkedHashMap<>();
  private final Deque<ObjectNode> samples = new ArrayDeque<>();
  private ObjectNode config = JsonNodeFactory.instance.objectNode();
  private List<Object> configRead = List.of();
  private ObjectNode latest;
  private ObjectNode evaluated;
  private double best = Double.NaN;
  private double speedTokens;
  private double speedSeconds;
  private double speed = Double.NaN;
  private int restarts;
  private int changes;

  /** What a page was told already. */
  public static final class Seen {

    private final Map<String, Integer> versions = new HashMap<>();
    private final Map<String, Integer> groups = new HashMap<>();
    private int restarts = -1;
    private int changes = -1;

    /** Creates what a page was told that was told nothing. */
    public Seen() {}
  }

  /**
   * Creates a history that has read nothing.
   *
   * @param name what to call the run
   * @param folder its folder
   * @param points at most so many points a curve, a multiple of 4
   */
  public RunHistory(String name, RunFolder folder, int points) {
    this.name = name;
    this.folder = folder;
    this.metrics = new JsonTail(folder.metrics());
    this.samplesFile = new JsonTail(folder.file(SAMPLES));
    for (String measure : MEASURED) {
      curves.put(measure, new Thinned(points / 2));
    }
    curves.put(SPEED, new Thinned(points / 2));
    curves.put(VALIDATION, new Thinned(points / 2));
    curves.put(SCORE, new Thinned(points / 2));
  }

  /**
   * Reads what is new, at most 1 MiB of it.
   *
   * @return whether there is more to read at once
   * @throws IOException if a file cannot be read
   */
  public boolean read() throws IOException {
    JsonTail.News news = metrics.read();
    if (news.restarted()) {
      restart();
    }
    List<Object> stamp = configStamp();
    if (!stamp.equals(configRead)) { // new, or changed at --resume
      configRead = stamp;
      ObjectNode settings = readConfig();
      if (!settings.isEmpty() && !settings.equals(config)) {
        config = settings;
        restarts++;
        changes++;
      }
    }
    news.objects().forEach(this::add);
    JsonTail.News texts = samplesFile.read();
    if (texts.restarted()) {
      samples.clear();
    }
    for (ObjectNode sample : texts.objects()) {
      if (isStep(sample) && sample.path("text").isTextual()) {
        samples.addFirst(sample);
        if (samples.size() > SAMPLES_KEPT) {
          samples.removeLast();
        }
      }
    }
    if (news.restarted() || !news.objects().isEmpty() || !texts.objects().isEmpty()) {
      changes++;
    }
    return news.more() || texts.more();
  }

  private void restart() {
    curves.values().forEach(Thinned::clear);
    config.removeAll();
    configRead = List.of();
    latest = null;
    evaluated = null;
    best = Double.NaN;
    speed = Double.NaN;
    speedTokens = 0;
    speedSeconds = 0;
    restarts++;
  }

  /** What changes when the configuration is written; nothing where there is none. */
  private List<Object> configStamp() throws IOException {
    try {
      BasicFileAttributes now = Files.readAttributes(folder.config(), BasicFileAttributes.class);
      return List.of(now.lastModifiedTime(), now.size(), Optional.ofNullable(now.fileKey()));
    } catch (NoSuchFileException e) {
      return List.of();
    }
  }

  /**
   * Lines of {@code key: value}, as the program writes them; whatever else there is is left out.
   */
  private ObjectNode readConfig() throws IOException {
    ObjectNode settings = JsonNodeFactory.instance.objectNode();
    try (InputStream in = Files.newInputStream(folder.config())) {
      String text = new String(in.readNBytes(CONFIG_BYTES), StandardCharsets.UTF_8);
      for (String line : text.lines().toList()) {
        Matcher setting = SETTING.matcher(line);
        if (setting.matches()) {
          settings.put(setting.group(1), setting.group(2));
        }
      }
    } catch (NoSuchFileException e) {
      return settings; // not yet written
    }
    return settings;
  }

  private static boolean isStep(ObjectNode line) {
    return line.path("step").isIntegralNumber() && line.path("step").canConvertToLong();
  }

  private void add(ObjectNode line) {
    if (!isStep(line)) {
      return;
    }
    long step = line.path("step").asLong();
    String split = line.path("split").asText();
    if (split.equals("train")) {
      latest = line;
      for (String measure : MEASURED) {
        curves.get(measure).add(step, value(line, measure));
      }
      addSpeed(step, value(line, "tokens"), value(line, "seconds"));
    } else if (split.equals(VALIDATION)) {
      evaluated = line;
      double loss = value(line, "loss");
      if (Double.isNaN(loss)) {
        curves.get(SCORE).add(step, value(line, "full"));
        return;
      }
      curves.get(VALIDATION).add(step, loss);
      if (!(loss >= best)) {
        best = loss;
      }
    }
  }

  private void addSpeed(long step, double tokens, double seconds) {
    if (seconds - speedSeconds >= SPEED_SECONDS) {
      speed = (tokens - speedTokens) / (seconds - speedSeconds);
      curves.get(SPEED).add(step, speed);
      speedTokens = tokens;
      speedSeconds = seconds;
    }
  }

  private static double value(ObjectNode line, String name) {
    JsonNode value = line.path(name);
    return value.isNumber() ? value.asDouble() : Double.NaN;
  }

  /**
   * Tells a page what it has not been told, and notes that it was.
   *
   * @param seen what the page was told
   * @return the message: what to cut off and to append of each curve, and how the run stands; null
   *     if nothing is new
   */
  public ObjectNode since(Seen seen) {
    if (seen.changes == changes && seen.restarts == restarts) {
      return null;
    }
    ObjectNode message = JsonNodeFactory.instance.objectNode().put("run", name);
    if (seen.restarts != restarts) {
      message.put("restarted", true);
      message.set("config", config.deepCopy());
      seen.groups.clear();
    }
    ObjectNode told = message.putObject("curves");
    curves.forEach((measure, curve) -> tell(measure, curve, seen, told));
    message.set("latest", numbers(latest));
    message.set("evaluated", numbers(evaluated));
    JsonLines.putFinite(message, "best", best);
    JsonLines.putFinite(message, "speed", speed);
    message.putArray("samples").addAll(samples);
    seen.restarts = restarts;
    seen.changes = changes;
    return message;
  }

  private static ObjectNode numbers(ObjectNode line) {
    ObjectNode numbers = JsonNodeFactory.instance.objectNode();
    if (line != null) {
      line.properties()
          .forEach(e -> JsonLines.putFinite(numbers, e.getKey(), value(line, e.getKey())));
    }
    return numbers;
  }

  /** What follows a step, which the page replaces; the last group may have grown. */
  private static void tell(String measure, Thinned curve, Seen seen, ObjectNode told) {
    if (curve.groups() == 0) {
      return;
    }
    boolean same = Integer.valueOf(curve.version()).equals(seen.versions.get(measure));
    int from = same ? Math.max(0, seen.groups.getOrDefault(measure, 0) - 1) : 0;
    ObjectNode part = told.putObject(measure);
    part.put("from", from == 0 ? -1 : curve.first(from));
    curve.points(from, part.putArray("points"));
    if (NOISY.contains(measure)) {
      curve.means(from, part.putArray(MEAN));
    }
    seen.versions.put(measure, curve.version());
    seen.groups.put(measure, curve.groups());
  }
}
