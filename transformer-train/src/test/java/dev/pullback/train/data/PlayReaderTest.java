package dev.pullback.train.data;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.xml.stream.XMLStreamException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PlayReaderTest {

  static List<Arguments> speeches() {
    return List.of(
        arguments("<SPEAKER>A</SPEAKER><LINE>one</LINE><LINE>two</LINE>", "A:\none\ntwo\n\n"),
        arguments(
            "<SPEAKER>A</SPEAKER><SPEAKER>B C</SPEAKER><LINE>one</LINE>", "A and B C:\none\n\n"),
        arguments("<SPEAKER></SPEAKER><LINE>one</LINE>", "one\n\n"),
        arguments("<SPEAKER> A  B </SPEAKER><LINE> one\n\t two </LINE>", "A B:\none two\n\n"),
        arguments(
            "<SPEAKER>A</SPEAKER><LINE>s&amp;t<!-- no -->u<![CDATA[<v>]]></LINE>",
            "A:\ns&tu<v>\n\n"),
        arguments(
            "<SPEAKER>A</SPEAKER><LINE>I<STAGEDIR>Aside</STAGEDIR> am</LINE>", "A:\nI am\n\n"),
        arguments(
            "<SPEAKER>A</SPEAKER><LINE><STAGEDIR>Sings</STAGEDIR></LINE><LINE>la</LINE>",
            "A:\nla\n\n"),
        arguments("<SPEAKER>A</SPEAKER><STAGEDIR>Dies</STAGEDIR><LINE>O</LINE>", "A:\nO\n\n"));
  }

  @ParameterizedTest
  @MethodSource("speeches")
  void writesSpeech(String speech, String expected) throws XMLStreamException {
    assertEquals(expected, read("<SPEECH>" + speech + "</SPEECH>"));
  }

  @Test
  void leavesOutEverythingThatIsNoSpeech() throws XMLStreamException {
    assertEquals(
        "A:\none\n\nB:\ntwo\n\n",
        read(
            """
            <PLAY><TITLE>T</TITLE><PERSONAE><PERSONA>P</PERSONA></PERSONAE><SCNDESCR>S</SCNDESCR>
            <ACT><TITLE>ACT I</TITLE><SCENE><TITLE>SCENE I</TITLE><STAGEDIR>Enter</STAGEDIR>
            <SPEECH><SPEAKER>A</SPEAKER><LINE>one</LINE></SPEECH><STAGEDIR>Exit</STAGEDIR>
            <SPEECH><SPEAKER>B</SPEAKER><LINE>two</LINE></SPEECH></SCENE></ACT></PLAY>
            """));
  }

  @Test
  void doesNotResolveExternalEntities(@TempDir Path folder) throws Exception {
    Path secret = Files.writeString(folder.resolve("secret.txt"), "secret");
    String play =
        "<!DOCTYPE SPEECH [<!ENTITY e SYSTEM '%s'>]><SPEECH><LINE>a&e;b</LINE></SPEECH>"
            .formatted(secret.toUri());

    assertThrows(XMLStreamException.class, () -> read(play));
  }

  @Test
  void refusesDamagedXml() {
    assertThrows(XMLStreamException.class, () -> read("<PLAY><SPEECH>"));
  }

  private static String read(String xml) throws XMLStreamException {
    return PlayReader.read(new ByteArrayInputStream(xml.getBytes(UTF_8)));
  }
}
