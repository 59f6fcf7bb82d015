package dev.pullback.train.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pullback.train.InputException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlaysTest {

  private static final String TEXT = new Plays().load().text();

  @Test
  void lengthIsAsDocumented() {
    assertEquals(401_525, TEXT.length());
  }

  @Test
  void isPlainAscii() {
    assertTrue(
        TEXT.chars().allMatch(c -> c == '\n' || (c >= ' ' && c <= '~')),
        "printable ASCII and line feeds only");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "BERNARDO:\nWho's there?\n\nFRANCISCO:\nNay, answer me: stand, and unfold yourself.\n\n",
        "\n\nFirst Witch:\nWhen shall we three meet again\nIn thunder, lightning, or in rain?\n\n",
        "\n\nTwo households, both alike in dignity,\nIn fair Verona, where we lay our scene,\n",
        "\n\nROSENCRANTZ and GUILDENSTERN:\nWe'll wait upon you.\n\n",
        "\n\nHAMLET:\nA little more than kin, and less than kind.\n\n",
      })
  void containsSpeechesInTheFormatOfTinyShakespeare(String speech) {
    assertTrue(TEXT.contains(speech), speech);
  }

  @Test
  void beginsAndEndsWithTheFirstAndLastSpeech() {
    assertTrue(TEXT.startsWith("BERNARDO:\nWho's there?\n\n"), TEXT.substring(0, 40));
    assertTrue(TEXT.endsWith("\nThan this of Juliet and her Romeo.\n\n"), "last line of Romeo");
  }

  @ParameterizedTest
  @ValueSource(strings = {"ACT I", "Dramatis", "Exeunt", "Aside", "Copyright", "\n\n\n", "  "})
  void leavesOut(String part) {
    assertFalse(TEXT.contains(part), part);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/no/such/play.xml", "/org/exist/samples/shakespeare/shakes.css"})
  void missingOrDamagedPlayIsNamed(String resource) {
    Plays plays = new Plays(List.of(resource));

    InputException e = assertThrows(InputException.class, plays::load);

    assertTrue(e.getMessage().contains(resource), e.getMessage());
  }
}
