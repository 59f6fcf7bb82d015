package dev.pullback.train.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.pullback.engine.HostValues;
import dev.pullback.optim.Golden;
import dev.pullback.optim.Kernels;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a decoder remembers must not change what it answers. */
class CachedDecoderTest {

  private static final int CONTEXT = 8;
  private static final int VOCABULARY = 11;

  @AutoClose private final NDManager manager = NDManager.newBaseManager();
  private final ParameterStore store = new ParameterStore(manager, false);

  static Stream<Arguments> gpts() {
    return Golden.kernels().stream()
        .flatMap(
            kernels ->
                Stream.of(
                    Arguments.of(gpt(0.5, true, true, Gelu.ERF), kernels),
                    Arguments.of(gpt(0.5, true, false, Gelu.TANH), kernels),
                    Arguments.of(gpt(0.5, false, true, Gelu.TANH), kernels),
                    Arguments.of(gpt(0.5, false, false, Gelu.ERF), kernels)));
  }

  /** A full context begins again with its latter half. */
  @ParameterizedTest
  @MethodSource("gpts")
  void answersAsTheWholeGptDoes(GptConfig config, Kernels kernels) {
    LanguageModelBlock reference = initialised(config, Kernels.PORTABLE);
    long[] tokens = tokens(3 * CONTEXT);
    try (CachedDecoder decoder = decoder(initialised(config, kernels))) {
      float[] logits = decoder.append(Arrays.copyOf(tokens, 3));
      for (int end = 3; ; end++) {
        int half = CONTEXT / 2;
        int first = end <= CONTEXT ? 0 : (end - CONTEXT + half - 1) / half * half;
        float[] expected = whole(reference, Arrays.copyOfRange(tokens, first, end));
        assertArrayEquals(expected, logits, 1e-5f, "after " + end + " tokens");
        if (end == tokens.length) {
          break;
        }
        logits = decoder.append(tokens[end]);
      }
    }
  }

  static Stream<Arguments> llamas() {
    return Golden.kernels().stream()
        .flatMap(
            kernels ->
                Stream.of(
                    Arguments.of(llama(CONTEXT, 4, 0, true, false), kernels),
                    Arguments.of(llama(CONTEXT, 2, 0, false, true), kernels),
                    Arguments.of(llama(CONTEXT, 1, 3, false, false), kernels)));
  }

  /** Beyond the context, a token sees as many as before: a model of a longer context, windowed. */
  @ParameterizedTest
  @MethodSource("llamas")
  void answersAsTheWholeLlamaDoes(LlamaConfig config, Kernels kernels) {
    long[] tokens = tokens(3 * CONTEXT);
    LanguageModelBlock reference =
        initialised(
            llama(
                tokens.length, config.kvHeads(), config.reach(), config.tiedHead(), config.bias()),
            Kernels.PORTABLE);
    try (CachedDecoder decoder = decoder(initialised(config, kernels))) {
      float[] logits = decoder.append(Arrays.copyOf(tokens, 5));
      for (int end = 5; ; end++) {
        float[] expected = whole(reference, Arrays.copyOf(tokens, end));
        assertArrayEquals(expected, logits, 1e-5f, "after " + end + " tokens");
        if (end == tokens.length) {
          break;
        }
        logits = decoder.append(tokens[end]);
      }
    }
  }

  static Stream<Arguments> all() {
    return Stream.concat(gpts(), llamas());
  }

  /** Several tokens at once, in the context and beyond it, are as good as one after the other. */
  @ParameterizedTest
  @MethodSource("all")
  void itDoesNotMatterHowTokensArrive(LanguageModelConfig config, Kernels kernels) {
    LanguageModelBlock block = initialised(config, kernels);
    long[] tokens = tokens(2 * CONTEXT + 3);
    try (CachedDecoder one = decoder(block);
        CachedDecoder several = decoder(block)) {
      float[] expected = {};
      for (int first = 0; first < tokens.length; ) {
        int end = Math.min(tokens.length, first + 1 + first % 4);
        for (int i = first; i < end; i++) {
          expected = one.append(tokens[i]);
        }
        float[] logits = several.append(Arrays.copyOfRange(tokens, first, end));
        assertArrayEquals(expected, logits, 1e-5f, "tokens %d to %d".formatted(first, end));
        first = end;
      }
    }
  }

  /** The caches grow from their first size to the context, and then turn. */
  @Test
  void cachesGrow() {
    LlamaConfig config = llama(150, 2, 0, true, false);
    long[] tokens = tokens(170);
    try (CachedDecoder decoder = decoder(initialised(config, Kernels.AUTO));
        CachedDecoder portable = decoder(initialised(config, Kernels.PORTABLE))) {
      for (long token : tokens) {
        assertArrayEquals(portable.append(token), decoder.append(token), 1e-5f);
      }
    }
  }

  /** Of a longer beginning, the last context counts. */
  @ParameterizedTest
  @MethodSource("all")
  void takesTheEndOfALongBeginning(LanguageModelConfig config, Kernels kernels) {
    LanguageModelBlock block = initialised(config, kernels);
    long[] tokens = tokens(2 * CONTEXT);
    try (CachedDecoder one = decoder(block);
        CachedDecoder other = decoder(block)) {
      float[] expected = one.append(Arrays.copyOfRange(tokens, CONTEXT, tokens.length));
      assertArrayEquals(expected, other.append(tokens));
      assertEquals(VOCABULARY, expected.length);
    }
  }

  /** Sequences side by side answer as each of them alone, in the context and beyond it. */
  @ParameterizedTest
  @MethodSource("all")
  void sequencesDoNotSeeEachOther(LanguageModelConfig config, Kernels kernels) {
    LanguageModelBlock block = initialised(config, kernels);
    int count = 3;
    long[] beginning = tokens(5);
    long[] rest = new Random(6).longs(count * 20L, 0, VOCABULARY).toArray();
    CachedDecoder[] alone = new CachedDecoder[count];
    Arrays.setAll(alone, i -> decoder(block));
    try (CachedDecoder together = decoder(block)) {
      together.append(beginning);
      together.spread(count);
      for (CachedDecoder one : alone) {
        one.append(beginning);
      }
      for (int i = 0; i < rest.length; i += count) {
        long[][] next = new long[count][];
        for (int row = 0; row < count; row++) {
          next[row] = new long[] {rest[i + row]};
        }
        float[][] logits = together.append(next);
        for (int row = 0; row < count; row++) {
          assertArrayEquals(
              alone[row].append(next[row]), logits[row], 1e-5f, "after %d of %d".formatted(i, row));
        }
      }
    } finally {
      for (CachedDecoder one : alone) {
        one.close();
      }
    }
  }

  @Test
  void refusesRowsThatDoNotFit() {
    try (CachedDecoder decoder =
        decoder(initialised(llama(CONTEXT, 2, 0, true, false), Kernels.AUTO))) {
      assertThrows(IllegalArgumentException.class, () -> decoder.spread(0));
      decoder.append(1, 2);
      decoder.spread(2);
      assertThrows(IllegalStateException.class, () -> decoder.spread(3));
      assertThrows(IllegalArgumentException.class, () -> decoder.append(1));
      assertThrows(
          IllegalArgumentException.class, () -> decoder.append(new long[][] {{1}, {1, 2}}));
      assertThrows(IllegalArgumentException.class, () -> decoder.append(new long[][] {{}, {}}));
      assertEquals(2, decoder.append(new long[][] {{1}, {2}}).length);
    }
  }

  @Test
  void refusesNoTokens() {
    try (CachedDecoder decoder =
        decoder(initialised(llama(CONTEXT, 2, 0, true, false), Kernels.AUTO))) {
      assertThrows(IllegalArgumentException.class, decoder::append);
    }
  }

  private static GptConfig gpt(double dropout, boolean tied, boolean bias, Gelu gelu) {
    return new GptConfig(
        VOCABULARY, CONTEXT, 2, 2, 16, dropout, tied, bias, gelu, 1e-5, Initialization.FLAX);
  }

  private static LlamaConfig llama(
      int context, int kvHeads, int window, boolean tied, boolean bias) {
    return new LlamaConfig(
        VOCABULARY,
        context,
        2,
        4,
        kvHeads,
        6,
        16,
        40,
        window,
        1e4,
        null,
        tied,
        bias,
        1e-5,
        Initialization.FLAX);
  }

  private LanguageModelBlock initialised(LanguageModelConfig config, Kernels kernels) {
    LanguageModelBlock block = config.newBlock(1, kernels, Precision.FLOAT32);
    block.initialize(manager, DataType.FLOAT32, new Shape(1, CONTEXT));
    return block;
  }

  private CachedDecoder decoder(LanguageModelBlock block) {
    return new CachedDecoder(block, store, manager);
  }

  private static long[] tokens(int count) {
    return new Random(5).longs(count, 0, VOCABULARY).toArray();
  }

  private float[] whole(LanguageModelBlock block, long[] tokens) {
    NDArray input = HostValues.on(manager).create(tokens, new Shape(1, tokens.length));
    return block
        .forward(store, new NDList(input), false)
        .singletonOrThrow()
        .get("0, {}", tokens.length - 1)
        .toFloatArray();
  }
}
