package dev.pullback.train.study;

import dev.pullback.train.InputException;
import dev.pullback.train.config.OptionTable;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.RunOptions;
import dev.pullback.train.config.Topic;
import dev.pullback.train.config.YamlNode;
import dev.pullback.train.task.Goal;
import dev.pullback.train.task.Tasks;
import dev.pullback.train.task.TestFunction;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** Reads the parts of a plan, each checked against what it may say. */
final class StudyPlanReader {
  /** Schedules are part of a recipe; what else belongs to the budget is the same for all. */
  private static final Set<String> SCHEDULE =
      Set.of("lr-schedule", "warmup-steps", "final-lr-fraction");

  /** A size's takes the place of the base's. */
  private static final Set<String> BUDGETS = Set.of("max-steps", "max-tokens", "epochs");

  private static final Set<String> BATCHES = Set.of("batch", "accumulate");

  private static final Map<String, OptionTable.Entry> OPTIONS =
      OptionTable.entries().stream()
          .collect(Collectors.toMap(OptionTable.Entry::key, entry -> entry));

  private final Map<String, YamlNode> root;
  private final Map<String, YamlNode> base;
  private final Map<String, YamlNode> sizes;

  StudyPlanReader(YamlNode file) {
    root =
        keys(
            file,
            Set.of("base", "optimizers", "tuning", "evaluation"),
            Set.of("base", "sizes", "optimizers", "tuning", "evaluation"));
    base =
        options(
            root.get("base"),
            option -> !Set.of("optimizer", "seed", "data-sha256").contains(option.key()),
            "is not the same for all; optimisers and seeds have places of their own");
    sizes = root.containsKey("sizes") ? named(root.get("sizes")) : Map.of();
  }

  StudyPlan plan() {
    Map<String, YamlNode> tuning = keys(root.get("tuning"), Set.of("points", "seed"));
    Map<String, YamlNode> evaluation = keys(root.get("evaluation"), Set.of("seeds"));
    long points = whole(tuning.get("points"));
    if (points < 1 || points > 100_000) {
      throw tuning.get("points").refusal("must be from 1 to 100000, but is " + points);
    }
    long tuningSeed = whole(tuning.get("seed"));
    Set<Long> seeds = new LinkedHashSet<>();
    for (YamlNode node : evaluation.get("seeds").list()) {
      long seed = whole(node);
      if (seed == tuningSeed) {
        throw node.refusal(
            "%d is the tuning seed; what was tuned on is no evaluation".formatted(seed));
      }
      if (!seeds.add(seed)) {
        throw node.refusal("%d comes twice".formatted(seed));
      }
    }
    if (seeds.isEmpty()) {
      throw evaluation.get("seeds").refusal("there is no seed; give at least one");
    }
    Map<String, Map<String, RunConfig>> configs = new LinkedHashMap<>();
    (sizes.isEmpty() ? Set.of(StudyPlan.ONE_SIZE) : sizes.keySet())
        .forEach(size -> configs.put(size, new LinkedHashMap<>()));
    List<StudyPlan.Entry> entries = new ArrayList<>();
    Map<String, Range> ranges = new LinkedHashMap<>();
    named(root.get("optimizers"))
        .forEach((name, node) -> entries.add(entry(name, node, ranges, configs)));
    Map<String, StudyPlan.Size> all = new LinkedHashMap<>();
    configs.forEach((size, own) -> all.put(size, new StudyPlan.Size(own, byLaw(size))));
    requireLaws(all, entries);
    return new StudyPlan(all, List.copyOf(entries), (int) points, tuningSeed, List.copyOf(seeds));
  }

  private boolean byLaw(String size) {
    YamlNode tuning = sizes.isEmpty() ? null : sizes.get(size).map().get(StudyPlan.TUNING);
    if (tuning != null && !tuning.text().equals("law")) {
      throw tuning.refusal("a size is tuned, or says tuning: law");
    }
    return tuning != null;
  }

  private void requireLaws(Map<String, StudyPlan.Size> all, List<StudyPlan.Entry> entries) {
    for (Map.Entry<String, StudyPlan.Size> size : all.entrySet()) {
      if (size.getValue().byLaw()) {
        YamlNode tuning = sizes.get(size.getKey()).map().get(StudyPlan.TUNING);
        if (size.getValue().weights() == null) {
          throw tuning.refusal("laws are those of language models");
        }
        if (all.values().stream()
                .filter(s -> !s.byLaw())
                .map(StudyPlan.Size::weights)
                .distinct()
                .count()
            < 2) {
          throw tuning.refusal("a law goes through two tuned sizes at least");
        }
        for (StudyPlan.Entry entry : entries) {
          if (entry.search().values().stream().anyMatch(range -> range.low() <= 0)) {
            throw tuning.refusal(
                "laws are of what is above 0, and a range of %s is not".formatted(entry.name()));
          }
        }
      }
    }
  }

  private Map<String, YamlNode> optionsOf(String size) {
    Map<String, YamlNode> own = new LinkedHashMap<>(sizes.get(size).map());
    own.remove(StudyPlan.TUNING);
    requireOptions(
        own,
        option ->
            option.setting().value() == Topic.MODEL
                || option.setting().value() == Topic.KEEPING
                || option.setting().value() == Topic.BUDGET
                || BATCHES.contains(option.key()),
        "is not a size's own; sizes have models, budgets and batches");
    return own;
  }

  private StudyPlan.Entry entry(
      String name,
      YamlNode node,
      Map<String, Range> ranges,
      Map<String, Map<String, RunConfig>> configs) {
    Map<String, YamlNode> fixed = new LinkedHashMap<>(node.map());
    YamlNode search = fixed.remove("search");
    if (search == null || search.map().isEmpty()) {
      throw node.refusal("there is no search; give ranges, search: {lr: [1e-4, 1e-1, log]}");
    }
    if (!fixed.containsKey("optimizer")) {
      throw node.refusal("there is no optimizer");
    }
    requireOptions(
        fixed,
        option -> option.setting().value() == Topic.OPTIMIZER || SCHEDULE.contains(option.key()),
        "is not an optimiser's own; budgets, models and data are the same for all");
    requireOptions(
        search.map(),
        option ->
            option.spec().type() == Double.class
                && (option.setting().value() == Topic.OPTIMIZER || SCHEDULE.contains(option.key())),
        "cannot be searched; hyperparameters that are numbers can");
    Map<String, Range> own = new LinkedHashMap<>();
    search
        .map()
        .forEach(
            (key, value) -> {
              Range range = Range.of(value);
              if (fixed.containsKey(key)) {
                throw value.refusal(
                    "it is fixed in line %d; search it or fix it".formatted(fixed.get(key).line()));
              }
              Range other = ranges.putIfAbsent(key, range);
              if (other != null && !other.equals(range)) {
                throw value.refusal(
                    "another optimiser has %s; what optimisers share has one range"
                        .formatted(other));
              }
              own.put(key, range);
            });
    configs.forEach((size, of) -> of.put(name, config(size, node, fixed, search.map(), own)));
    return new StudyPlan.Entry(name, fixed.get("optimizer").text(), own);
  }

  /** Layers preset, base, size and optimiser, and tries the ends of the ranges. */
  private RunConfig config(
      String size,
      YamlNode entry,
      Map<String, YamlNode> fixed,
      Map<String, YamlNode> search,
      Map<String, Range> ranges) {
    Map<String, YamlNode> ofSize = sizes.isEmpty() ? Map.of() : optionsOf(size);
    Map<String, YamlNode> own = new LinkedHashMap<>(base);
    if (BUDGETS.stream().anyMatch(ofSize::containsKey)) {
      own.keySet().removeAll(BUDGETS);
    }
    own.putAll(ofSize);
    own.putAll(fixed);
    RunOptions flags = new RunOptions();
    flags.preset = text(base, "preset");
    flags.task = text(base, "task");
    flags.optimizer = fixed.get("optimizer").text();
    try {
      RunConfig config = RunConfig.resolve(null, flags).with(values(own), place(own));
      for (boolean high : new boolean[] {false, true}) {
        Map<String, String> ends = new LinkedHashMap<>();
        ranges.forEach((key, range) -> ends.put(key, "" + (high ? range.high() : range.low())));
        config = config.with(ends, place(search));
      }
      if (Tasks.of(config).goal() != Goal.LOWER
          || TestFunction.byName(config.options().task).isPresent()) {
        throw root.get("base")
            .refusal(
                "studies compare held-out losses, which %s does not have"
                    .formatted(config.options().task));
      }
      return config;
    } catch (InputException e) {
      throw e.getMessage().startsWith(entry.file().toString()) ? e : entry.refusal(e.getMessage());
    }
  }

  private static String text(Map<String, YamlNode> nodes, String key) {
    return nodes.containsKey(key) ? nodes.get(key).text() : null;
  }

  private static Map<String, String> values(Map<String, YamlNode> nodes) {
    Map<String, String> values = new LinkedHashMap<>();
    nodes.forEach((key, node) -> values.put(key, node.text()));
    return values;
  }

  private static UnaryOperator<String> place(Map<String, YamlNode> nodes) {
    return key -> nodes.containsKey(key) ? nodes.get(key).place() : key;
  }

  private static Map<String, YamlNode> options(
      YamlNode node, Predicate<OptionTable.Entry> allowed, String otherwise) {
    requireOptions(node.map(), allowed, otherwise);
    return node.map();
  }

  private static void requireOptions(
      Map<String, YamlNode> nodes, Predicate<OptionTable.Entry> allowed, String otherwise) {
    nodes.forEach(
        (key, node) -> {
          if (!OPTIONS.containsKey(key)) {
            throw node.refusal("unknown key; options are those of 'pullback train --help'");
          }
          if (!allowed.test(OPTIONS.get(key))) {
            throw node.refusal(otherwise);
          }
        });
  }

  /** Names become those of folders. */
  private static Map<String, YamlNode> named(YamlNode node) {
    Map<String, YamlNode> nodes = node.map();
    if (nodes.isEmpty()) {
      throw node.refusal("it is empty; name at least one");
    }
    nodes.forEach(
        (name, value) -> {
          if (!name.matches("[a-z0-9_][a-z0-9._=+-]{0,63}")) {
            throw value.refusal(
                "a name has up to 64 lower-case letters, digits, and ._=+- after the first");
          }
        });
    return nodes;
  }

  private static Map<String, YamlNode> keys(YamlNode node, Set<String> all) {
    return keys(node, all, all);
  }

  private static Map<String, YamlNode> keys(
      YamlNode node, Set<String> required, Set<String> known) {
    Map<String, YamlNode> nodes = node.map();
    nodes.forEach(
        (key, value) -> {
          if (!known.contains(key)) {
            throw value.refusal(
                "unknown key; the keys are "
                    + known.stream().sorted().collect(Collectors.joining(", ")));
          }
        });
    required.stream()
        .sorted()
        .filter(key -> !nodes.containsKey(key))
        .findFirst()
        .ifPresent(
            key -> {
              throw node.refusal("there is no " + key);
            });
    return nodes;
  }

  private static long whole(YamlNode node) {
    if (!node.text().matches("-?[0-9]{1,18}")) {
      throw node.refusal("'%s' is no whole number".formatted(node.text()));
    }
    return Long.parseLong(node.text());
  }
}
