package dev.pullback.train.cli;

import dev.pullback.train.InputException;
import dev.pullback.train.generate.ChatSession;
import dev.pullback.train.generate.Generation;
import dev.pullback.train.task.LanguageModel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code pullback chat}. */
@Command(
    name = "chat",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Talks with an imported model that has a chat template: a line is a message. /reset begins"
            + " anew, /exit or the end of the input ends.")
final class ChatCommand implements Callable<Integer> {

  private static final String RESET = "/reset";
  private static final String EXIT = "/exit";

  @Spec private CommandSpec spec;

  @Mixin private ModelOptions model;

  @Option(
      names = "--system",
      paramLabel = "TEXT",
      description = "What the system tells the model first.")
  private String system;

  @Mixin private GenerationOptions options;

  @Override
  public Integer call() throws IOException {
    Generation generation = options.generation();
    PrintWriter err = spec.commandLine().getErr();
    try (LanguageModel loaded = model.load(err, "can chat");
        ChatSession session = new ChatSession(loaded, system, generation)) {
      // Not closed: standard input is the process'.
      BufferedReader lines =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      for (String line = next(lines); line != null; line = next(lines)) {
        String command = line.strip();
        if (command.equals(EXIT)) {
          break;
        } else if (command.equals(RESET)) {
          session.reset();
        } else if (!command.isEmpty()) {
          answer(session, line);
        }
      }
    }
    return 0;
  }

  /** The launcher knows where input comes from. */
  private static boolean atKeyboard() {
    return ProgressListener.onTerminal() && Boolean.getBoolean("pullback.keyboard");
  }

  private String next(BufferedReader lines) throws IOException {
    if (atKeyboard()) {
      spec.commandLine().getErr().print("> ");
      spec.commandLine().getErr().flush();
    }
    return lines.readLine();
  }

  /** What a person can mend ends the program only where no person is there to mend it. */
  private void answer(ChatSession session, String line) {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    try {
      int left =
          session.say(
              line,
              () -> false,
              text -> {
                out.print(text);
                out.flush();
              });
      out.println();
      out.flush();
      if (left > 0) {
        err.printf("(The %d oldest messages no longer fit into the context.)%n", left);
        err.flush();
      }
    } catch (InputException e) {
      if (!atKeyboard()) {
        throw e;
      }
      err.println("pullback: " + e.getMessage());
    }
  }
}
