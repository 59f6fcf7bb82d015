package dev.pullback.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pullback.tokenizer.CharTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From texts to a corpus, a run, and a sample. */
class CorpusCommandsTest {

  @TempDir private Path folder;
  private Path text;
  private Path corpus;
  private Path run;

  @BeforeEach
  void write() throws IOException {
    text = InProcess.writeText(folder);
    corpus = folder.resolve("corpus");
    run = folder.resolve("run");
  }

  private String prepare() {
    return InProcess.run("prepare --out " + corpus + " " + text);
  }

  private String train(String data) {
    return "train --out " + run + " --data " + data + " " + InProcess.tiny("");
  }

  @Test
  void trainsOnACorpusAndGoesOn() throws IOException {
    String printed = prepare();
    assertTrue(printed.contains("train       945 tokens of 945 bytes in 1 documents"), printed);
    String begun = InProcess.tiny("--max-steps 3 --lr-schedule constant");
    InProcess.run("train --out " + run + " --data " + corpus + " " + begun);
    InProcess.run("train --resume --max-steps 6 --out " + run);
    Path other = folder.resolve("other");
    String whole = InProcess.tiny("--lr-schedule constant");
    InProcess.run("train --out " + other + " --data " + corpus + " " + whole);
    assertEquals(InProcess.metrics(other), InProcess.metrics(run));
    assertTrue(InProcess.run("sample --prompt To --tokens 5 --run " + run).length() >= 5);
  }

  /** One document is split as a text is, so the numbers are the same to the last bit. */
  @Test
  void aCorpusOfOneTextGivesTheNumbersOfTheText() throws IOException {
    prepare();
    InProcess.run(train(corpus.toString()));
    List<String> ofCorpus = InProcess.metrics(run);
    run = folder.resolve("second");
    InProcess.run(train(text.toString()));
    assertEquals(ofCorpus, InProcess.metrics(run));
  }

  @Test
  void validationIsAlsoInBitsPerByte() throws IOException {
    Path wide = Files.writeString(folder.resolve("wide.txt"), "é".repeat(2000));
    InProcess.run(train(wide.toString()));
    for (String line : InProcess.metrics(run)) {
      JsonNode measured = new ObjectMapper().readTree(line);
      if (measured.get("split").asText().equals("validation")) {
        double bits = measured.get("loss").asDouble() / Math.log(2) / 2; // two bytes a token
        assertEquals(bits, measured.get("bits_per_byte").asDouble(), 1e-12);
      } else {
        assertTrue(measured.path("bits_per_byte").isMissingNode(), line);
      }
    }
  }

  @Test
  void takesATokenizerFromAFile() throws IOException {
    Path tokenizer = folder.resolve("mine.json");
    CharTokenizer.fromText("To be, or not to be. and more").save(tokenizer);
    InProcess.run(train(text + " --tokenizer " + tokenizer));
    assertTrue(Files.readString(run.resolve("config.yaml")).contains("tokenizer: "));
    CharTokenizer.fromText("To be").save(tokenizer);
    String refusal = InProcess.refused("train --resume --max-steps 9 --out " + run);
    assertTrue(refusal.contains("text.txt: unknown character"), refusal);
    CharTokenizer.fromText("To be, or not to be. and still more").save(tokenizer);
    refusal = InProcess.refused("train --resume --max-steps 9 --out " + run);
    assertTrue(refusal.contains("another tokenizer, of 13 tokens"), refusal);
  }

  @Test
  void refusesWhatIsNoTokenizerOrCorpus() throws IOException {
    assertRefused(train(text + " --tokenizer bpe:many"), "the size of the vocabulary");
    assertRefused(train(text + " --tokenizer bpe:3"), "must be at least 257");
    assertRefused(train(text + " --tokenizer none.json"), "none.json: no such file");
    assertRefused(train(folder.toString()), "neither a manifest.json nor a train.bin");
    assertRefused("train --task mnist --tokenizer char", "leave out tokenizer");
    assertRefused("prepare " + text, "prepare needs --out");
    assertRefused("prepare --out " + corpus, "give either sources or --preset");
    assertRefused("prepare --out " + corpus + " none.txt", "cannot read none.txt: no such file");
    assertRefused("prepare --preset pile", "there is no corpus 'pile'");
    assertRefused("prepare --preset javasource --seed 3 --out " + corpus, "leave them out");
    assertRefused("prepare --validation 1 --out " + corpus + " " + text, "must be in (0, 1)");
    assertRefused("prepare --verify --out " + corpus, "manifest.json: no such file");
    assertTrue(!Files.exists(run) && !Files.exists(corpus));
  }

  private static void assertRefused(String arguments, String message) {
    String refusal = InProcess.refused(arguments);
    assertTrue(refusal.contains(message), refusal);
  }
}
