package dev.pullback.train.cli;

import dev.pullback.optim.OptimizerSpec;
import dev.pullback.optim.Optimizers;
import dev.pullback.train.config.Presets;
import dev.pullback.train.data.TextDatasets;
import dev.pullback.train.study.Experiments;
import dev.pullback.train.task.Tasks;
import java.util.List;
import java.util.ListResourceBundle;

/** The names that help texts list, from the registries. */
public final class Names extends ListResourceBundle {

  /** Creates the bundle. */
  public Names() {}

  @Override
  protected Object[][] getContents() {
    return new Object[][] {
      {"tasks", or(Tasks.names())},
      {"presets", or(Presets.names())},
      {"datasets", or(TextDatasets.names())},
      {"optimizers", or(Optimizers.all().stream().map(OptimizerSpec::name).toList())},
      {"experiments", or(Experiments.TASKS)},
    };
  }

  private static String or(List<String> names) {
    int last = names.size() - 1;
    return last == 0
        ? names.get(0)
        : String.join(", ", names.subList(0, last)) + " or " + names.get(last);
  }
}
