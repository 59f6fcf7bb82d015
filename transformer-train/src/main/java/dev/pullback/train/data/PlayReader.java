package dev.pullback.train.data;

import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * Reads the speeches of a play in Jon Bosak's XML markup and writes them in the manner of
 * TinyShakespeare: a line with the speaker and a colon, the spoken lines, an empty line. Titles,
 * dramatis personae and stage directions, inside lines too, are left out: nobody says them.
 *
 * <p>People who speak together are joined with "and". A speech without a speaker (the prologue of
 * Romeo and Juliet) has no speaker's line.
 */
final class PlayReader {

  private final XMLStreamReader xml;
  private final StringBuilder out = new StringBuilder();

  private PlayReader(XMLStreamReader xml) {
    this.xml = xml;
  }

  /** Returns the speeches of one play; the stream stays open. */
  static String read(InputStream play) throws XMLStreamException {
    // The platform's own parser, whatever other parsers are on the class path.
    XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
    XMLStreamReader xml = factory.createXMLStreamReader(play);
    try {
      return new PlayReader(xml).speeches();
    } finally {
      xml.close();
    }
  }

  private String speeches() throws XMLStreamException {
    while (xml.hasNext()) {
      if (xml.next() == XMLStreamConstants.START_ELEMENT && xml.getLocalName().equals("SPEECH")) {
        speech();
      }
    }
    return out.toString();
  }

  private void speech() throws XMLStreamException {
    List<String> speakers = new ArrayList<>();
    List<String> lines = new ArrayList<>();
    while (xml.next() != XMLStreamConstants.END_ELEMENT) {
      if (xml.isStartElement()) {
        switch (xml.getLocalName()) {
          case "SPEAKER" -> addUnlessEmpty(speakers, content());
          case "LINE" -> addUnlessEmpty(lines, content());
          default -> content();
        }
      }
    }
    if (!speakers.isEmpty()) {
      out.append(String.join(" and ", speakers)).append(":\n");
    }
    lines.forEach(line -> out.append(line).append('\n'));
    out.append('\n');
  }

  /** Reads to the end of the current element; returns its own text without nested elements. */
  private String content() throws XMLStreamException {
    StringBuilder text = new StringBuilder();
    int depth = 1;
    while (depth > 0) {
      switch (xml.next()) {
        case XMLStreamConstants.START_ELEMENT -> depth++;
        case XMLStreamConstants.END_ELEMENT -> depth--;
        case XMLStreamConstants.CHARACTERS, XMLStreamConstants.CDATA -> {
          if (depth == 1) {
            text.append(xml.getText());
          }
        }
        default -> {
          // Comments and processing instructions are not text.
        }
      }
    }
    return text.toString().replaceAll("\\s+", " ").strip();
  }

  private static void addUnlessEmpty(List<String> list, String text) {
    if (!text.isEmpty()) {
      list.add(text);
    }
  }
}
