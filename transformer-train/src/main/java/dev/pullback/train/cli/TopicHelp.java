package dev.pullback.train.cli;

import dev.pullback.train.config.Setting;
import dev.pullback.train.config.Topic;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/** Lists a command's options under the headings of their topics. */
final class TopicHelp {

  private TopicHelp() {}

  /** Changes how a command lists its options. */
  static void install(CommandLine command) {
    command.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, TopicHelp::sections);
  }

  private static String sections(Help help) {
    StringBuilder text = new StringBuilder(section(help, option -> topic(option) == null));
    for (Topic topic : Topic.values()) {
      String options = section(help, option -> topic(option) == topic);
      if (!options.isEmpty()) {
        text.append('\n').append(topic.title()).append(":\n").append(options);
      }
    }
    return text.toString();
  }

  /** Returns what an option is about, or null where nobody said. */
  private static Topic topic(OptionSpec option) {
    Setting setting =
        option.userObject() instanceof Field field ? field.getAnnotation(Setting.class) : null;
    return setting == null ? null : setting.value();
  }

  private static String section(Help help, Predicate<OptionSpec> wanted) {
    List<OptionSpec> options = new ArrayList<>(help.commandSpec().options());
    options.removeIf(option -> option.hidden() || !wanted.test(option));
    if (options.isEmpty()) {
      return "";
    }
    Help.Layout layout = help.createDefaultLayout();
    layout.addOptions(options, help.createDefaultParamLabelRenderer());
    return layout.toString();
  }
}
