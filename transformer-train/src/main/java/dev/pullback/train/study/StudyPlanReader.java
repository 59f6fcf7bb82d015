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

  private static final Set<String> SIZE_OPTIONS = Set.of("batch", "accumulate", "warmup-steps");

  private static final Map<String, OptionTable.Entry> OPTIONS =
      OptionTable.entries().stream()
          .collect(Collectors.toMap(OptionTable.Entry::key, entry -> entry));

  private static final String HALVINGS = "halvings";
  private static final String SEEDS = "seeds";
  private static final String OPTIMIZERS = "optimizers";

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
    Map<String, YamlNode> tuning =
        keys(root.get("tuning"), Set.of("points", "seed"), Set.of("points", "seed", HALVINGS));
    long points = whole(tuning.get("points"), 1, 100_000);
    long halvings = tuning.containsKey(HALVINGS) ? whole(tuning.get(HALVINGS), 0, 16) : 0;
    long tuningSeed = whole(tuning.get("seed"));
    List<Long> seeds = seeds(keys(root.get("evaluation"), Set.of(SEEDS)).get(SEEDS));
    if (seeds.contains(tuningSeed)) {
      throw root.get("evaluation")
          .map()
          .get(SEEDS)
          .refusal(
              "%d is the tuning seed; what was tuned on is no evaluation".formatted(tuningSeed));
    }
    Map<String, YamlNode> optimizers = named(root.get(OPTIMIZERS));
    Map<String, Map<String, RunConfig>> configs = new LinkedHashMap<>();
    for (String size : sizes.isEmpty() ? Set.of(StudyPlan.ONE_SIZE) : sizes.keySet()) {
      Map<String, RunConfig> own = new LinkedHashMap<>();
      namesOf(size, OPTIMIZERS, optimizers.keySet()).forEach(name -> own.put(name, null));
      configs.put(size, own);
    }
    List<StudyPlan.Entry> entries = new ArrayList<>();
    Map<String, Range> ranges = new LinkedHashMap<>();
    optimizers.forEach((name, node) -> entries.add(entry(name, node, ranges, configs)));
    Map<String, StudyPlan.Size> all = new LinkedHashMap<>();
    for (Map.Entry<String, Map<String, RunConfig>> size : configs.entrySet()) {
      List<String> law = law(size.getKey());
      all.put(
          size.getKey(), new StudyPlan.Size(size.getValue(), law, seedsOf(size.getKey(), seeds)));
      if (halvings > 0 && size.getValue().values().iterator().next().options().evalInterval <= 0) {
        throw tuning
            .get(HALVINGS)
            .refusal(
                "trials are compared at their evaluations; give %s an eval-interval above 0"
                    .formatted(size.getKey()));
      }
    }
    StudyPlan plan =
        new StudyPlan(all, List.copyOf(entries), (int) points, tuningSeed, (int) halvings, seeds);
    all.keySet().forEach(size -> requireLaws(plan, size));
    return plan;
  }

  private static List<Long> seeds(YamlNode list) {
    Set<Long> seeds = new LinkedHashSet<>();
    for (YamlNode node : list.list()) {
      if (!seeds.add(whole(node))) {
        throw node.refusal("%s comes twice".formatted(node.text()));
      }
    }
    if (seeds.isEmpty()) {
      throw list.refusal("there is no seed; give at least one");
    }
    return List.copyOf(seeds);
  }

  /** What a size itself says, such as which optimisers it has; null where it says nothing. */
  private YamlNode ofSize(String size, String key) {
    return sizes.isEmpty() ? null : sizes.get(size).map().get(key);
  }

  /** A size may be evaluated on fewer seeds than the others. */
  private List<Long> seedsOf(String size, List<Long> all) {
    YamlNode node = ofSize(size, SEEDS);
    if (node == null) {
      return all;
    }
    List<Long> own = seeds(node);
    if (!all.containsAll(own)) {
      throw node.refusal("a size's seeds are among those of the evaluation, " + all);
    }
    return own;
  }

  /** Returns the names of a size's list in the order of the file's, or all. */
  private List<String> namesOf(String size, String key, Set<String> all) {
    YamlNode node = ofSize(size, key);
    if (node == null) {
      return List.copyOf(all);
    }
    List<String> own = node.list().stream().map(YamlNode::text).toList();
    for (YamlNode name : node.list()) {
      if (!all.contains(name.text())) {
        throw name.refusal("there is no '%s'; there are %s".formatted(name.text(), all));
      }
    }
    if (own.isEmpty()) {
      throw node.refusal("it is empty; leave it out for all");
    }
    return all.stream().filter(own::contains).toList();
  }

  private Set<String> tunedSizes() {
    return sizes.entrySet().stream()
        .filter(size -> !size.getValue().map().containsKey(StudyPlan.TUNING))
        .map(Map.Entry::getKey)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  private List<String> law(String size) {
    YamlNode tuning = ofSize(size, StudyPlan.TUNING);
    if (tuning == null) {
      return List.of();
    }
    if (tuning.isList()) {
      return namesOf(size, StudyPlan.TUNING, tunedSizes());
    }
    if (!tuning.text().equals("law")) {
      throw tuning.refusal("a size is tuned, or says tuning: law, or names the sizes of its laws");
    }
    return List.copyOf(tunedSizes());
  }

  private void requireLaws(StudyPlan plan, String name) {
    StudyPlan.Size size = plan.sizes().get(name);
    if (!size.byLaw()) {
      return;
    }
    YamlNode tuning = ofSize(name, StudyPlan.TUNING);
    if (size.weights() == null) {
      throw tuning.refusal("laws are those of language models");
    }
    for (StudyPlan.Entry entry : plan.entries(name)) {
      if (size.law().stream()
              .map(plan.sizes()::get)
              .filter(tuned -> tuned.configs().containsKey(entry.name()))
              .map(StudyPlan.Size::weights)
              .distinct()
              .count()
          < 2) {
        throw tuning.refusal(
            "a law of %s goes through two tuned sizes at least".formatted(entry.name()));
      }
      if (entry.search().values().stream().anyMatch(range -> range.low() <= 0)) {
        throw tuning.refusal(
            "laws are of what is above 0, and a range of %s is not".formatted(entry.name()));
      }
    }
  }

  private Map<String, YamlNode> optionsOf(String size) {
    Map<String, YamlNode> own = new LinkedHashMap<>(sizes.get(size).map());
    own.keySet().removeAll(Set.of(StudyPlan.TUNING, OPTIMIZERS, SEEDS));
    requireOptions(
        own,
        option ->
            option.setting().value() == Topic.MODEL
                || option.setting().value() == Topic.KEEPING
                || option.setting().value() == Topic.BUDGET
                || SIZE_OPTIONS.contains(option.key()),
        "is not a size's own; sizes have models, budgets, batches and warm-ups");
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
    configs.forEach(
        (size, of) -> {
          if (of.containsKey(name)) {
            of.put(name, config(size, node, fixed, search.map(), own));
          }
        });
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

  private static long whole(YamlNode node, long low, long high) {
    long value = whole(node);
    if (value < low || value > high) {
      throw node.refusal("must be from %d to %d, but is %d".formatted(low, high, value));
    }
    return value;
  }

  private static long whole(YamlNode node) {
    if (!node.text().matches("-?[0-9]{1,18}")) {
      throw node.refusal("'%s' is no whole number".formatted(node.text()));
    }
    return Long.parseLong(node.text());
  }
}
