package dev.pullback.train.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Damaged documents of trials and of what came of them. */
final class HostileTrials {

  private static final String BIG = "9".repeat(400);

  private HostileTrials() {}

  static List<Damage> trials(Random random) {
    List<Damage> damages = new ArrayList<>(Damage.ofAnyJsonObject(random));
    damages.addAll(Damage.values("/version", "3", "2.5", "\"2\"", "null", "4294967298", BIG, null));
    damages.addAll(Damage.values("/config", "null", "[]", "\"x\"", "{}", null));
    damages.addAll(
        Damage.values("/config/lr", "\"x\"", "null", "[1]", "{}", "true", "1e999", "-1"));
    damages.addAll(Damage.values("/config/seed", "1.5", "\"\"", BIG));
    damages.addAll(Damage.values("/config/optimizer", "7", "null", "\"a\\nb\\u001b[31m\""));
    damages.addAll(Damage.values("/config/more", "1"));
    damages.addAll(Damage.values("/config/batch", "1.0", "\"" + "8".repeat(1 << 20) + "\""));
    damages.addAll(Damage.values("/experiment", "7", "null", null));
    damages.addAll(Damage.values("/subject", "[]", null));
    damages.addAll(Damage.values("/variant", "7"));
    // A sound document of another trial.
    Damage.values("/config/batch", "7").forEach(d -> damages.add(d.naming("another batch")));
    return damages;
  }

  static List<Damage> rows(Random random) {
    List<Damage> damages = new ArrayList<>(Damage.ofAnyJsonObject(random));
    damages.removeIf(damage -> damage.what().equals("an empty object"));
    damages.addAll(Damage.values("/task", "7", "[]", "{}"));
    damages.addAll(Damage.values("/optimizer", "7", "[]"));
    damages.addAll(Damage.values("/seed", "\"x\"", "1.5", "[]", BIG, "\"1\""));
    damages.addAll(
        Damage.values(
            "/hyperparameters", "[]", "\"x\"", "{\"lr\":\"x\"}", "{\"lr\":null}", "{\"lr\":[1]}"));
    damages.addAll(Damage.values("/epochs", "1.5", "\"x\"", "{}", BIG));
    damages.addAll(Damage.values("/final", "\"x\"", "[]", "true"));
    damages.addAll(Damage.values("/best", "[]", "{}"));
    damages.addAll(Damage.values("/failed", "\"x\"", "7", "null", "\"false\""));
    damages.addAll(Damage.values("/failure", "7", "[]"));
    damages.addAll(
        Damage.values(
            "/trial", "7", "\"/etc\"", "\"../../../../../../etc\"", "\"a\\u0000b\"", "\"\"", "[]"));
    damages.addAll(Damage.values("/run", "[]", "\"x\"", "7", "{\"trainingExamples\":\"x\"}"));
    return damages;
  }

  /** The report needs the measurements of a trial that is complete. */
  static List<Damage> measurements(Random random) {
    List<Damage> damages = new ArrayList<>(HostileTexts.metrics(random));
    // Without any, the report has no curve of the trial.
    damages.removeIf(damage -> !damage.what().startsWith("line ") || random.nextInt(3) > 0);
    return damages;
  }
}
