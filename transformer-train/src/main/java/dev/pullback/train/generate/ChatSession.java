package dev.pullback.train.generate;

import dev.pullback.tokenizer.CharTokenizer;
import dev.pullback.train.InputException;
import dev.pullback.train.chat.ChatTemplate;
import dev.pullback.train.chat.Message;
import dev.pullback.train.data.TextConventions;
import dev.pullback.train.model.CachedDecoder;
import dev.pullback.train.task.LanguageModel;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * A conversation with a model, written down by its chat template. What no longer fits into the
 * context is left out from its beginning on, but for the system's message.
 */
public final class ChatSession implements AutoCloseable {

  private final LanguageModel model;
  private final ChatTemplate template;
  private final List<Message> beginning;
  private final Generation generation;
  private final Set<Integer> endTokens;
  private final List<Message> messages = new ArrayList<>();

  /** How many answers there were, also before a reset; each has random numbers of its own. */
  private int answers;

  /** What the decoder has seen. */
  private long[] seen = {};

  private CachedDecoder decoder;

  /**
   * Begins a conversation.
   *
   * @param model the model; stays the caller's
   * @param system what the system says first, or null
   * @param generation how answers are generated
   * @throws InputException if the model has no template, or one that cannot be followed
   */
  public ChatSession(LanguageModel model, String system, Generation generation) {
    TextConventions conventions = model.conventions();
    if (conventions.chatTemplate().isEmpty()) {
      throw new InputException(
          "the model has no chat template; only models that were imported with one can chat");
    }
    this.model = model;
    this.generation = generation;
    template = new ChatTemplate(conventions.chatTemplate(), conventions.specialTokens());
    beginning = system == null ? List.of() : List.of(new Message("system", system));
    endTokens = new TreeSet<>(conventions.endTokens());
    String end = conventions.specialTokens().get("eos_token");
    if (end != null && !(model.tokenizer() instanceof CharTokenizer)) {
      int[] ids = model.tokenizer().encode(end);
      if (ids.length == 1) {
        endTokens.add(ids[0]);
      }
    }
    messages.add(new Message("user", "Hello"));
    write(); // refuses what cannot be followed, before anybody has said anything
    reset();
  }

  /** Forgets what was said. */
  public void reset() {
    messages.clear();
  }

  /**
   * Answers.
   *
   * @param message what the user says
   * @param stop asked before every token whether to stop early
   * @param out takes the answer piece by piece
   * @return how many of the oldest messages were left out for good
   * @throws InputException if the message does not fit into the context, or the template refuses
   *     it; it is then as if it had not been said
   */
  public int say(String message, BooleanSupplier stop, Consumer<String> out) {
    List<Message> before = List.copyOf(messages);
    messages.add(new Message("user", message));
    StringBuilder answer = new StringBuilder();
    int left;
    try {
      long[] tokens = encode();
      left = before.size() + 1 - messages.size();
      generate(
          tokens,
          stop,
          text -> {
            answer.append(text);
            out.accept(text);
          });
    } catch (InputException e) {
      messages.clear();
      messages.addAll(before);
      throw e;
    }
    messages.add(new Message("assistant", answer.toString()));
    return left;
  }

  private String write() {
    List<Message> all = new ArrayList<>(beginning);
    all.addAll(messages);
    return template.write(all, true, LocalDateTime.now(ZoneId.systemDefault()));
  }

  /** Encodes the conversation, without as many of the oldest turns as leave no room to answer. */
  private long[] encode() {
    int context = model.block().config().context();
    int most = context - Math.min(generation.tokens(), context / 2);
    long[] tokens = TextGenerator.encode(write(), model.tokenizer()::encode);
    while (tokens.length > most) {
      if (messages.size() == 1) {
        throw new InputException(
            "the message needs %d tokens, and the context has room for %d beside an answer; shorten it"
                .formatted(tokens.length, most));
      }
      messages.remove(0);
      while (messages.get(0).role().equals("assistant")) {
        messages.remove(0);
      }
      tokens = TextGenerator.encode(write(), model.tokenizer()::encode);
    }
    return tokens;
  }

  private void generate(long[] tokens, BooleanSupplier stop, Consumer<String> out) {
    Sample sample = new Sample(generation, tokens, answers++, model.tokenizer(), endTokens, out);
    long[] next = continued(tokens);
    for (int i = 0; i < generation.tokens() && !stop.getAsBoolean() && !sample.ended(); i++) {
      long[] added = next;
      float[] logits = model.withoutGradients(() -> decoder.append(added));
      seen = Arrays.copyOf(seen, seen.length + added.length);
      System.arraycopy(added, 0, seen, seen.length - added.length, added.length);
      next = new long[] {sample.next(logits)};
    }
    sample.end();
  }

  /** Returns what the decoder has not seen yet; it begins anew if it has seen something else. */
  private long[] continued(long[] tokens) {
    int same = seen.length;
    boolean goesOn =
        decoder != null && same < tokens.length && Arrays.equals(seen, 0, same, tokens, 0, same);
    if (!goesOn) {
      close();
      decoder = new CachedDecoder(model.block(), model.store(), model.manager());
      seen = new long[0];
      same = 0;
    }
    return Arrays.copyOfRange(tokens, same, tokens.length);
  }

  /** Frees what the conversation remembers. */
  @Override
  public void close() {
    if (decoder != null) {
      decoder.close();
      decoder = null;
    }
  }
}
