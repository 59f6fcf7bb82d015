package dev.pullback.train.data;

import dev.pullback.train.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import javax.xml.stream.XMLStreamException;

/**
 * The embedded text, which needs no network: Hamlet, Macbeth, and Romeo and Juliet, 401,525 ASCII
 * characters in the format of TinyShakespeare. The plays are read from the class path, where the
 * library {@code org.exist-db:exist-samples} brings them in Jon Bosak's XML markup.
 */
public final class Plays {

  /** The name of the data set. */
  public static final String NAME = "plays";

  private static final String FOLDER = "/org/exist/samples/shakespeare/";

  private static final String ADVICE =
      "; put exist-samples-6.2.0.jar on the class path, or use --dataset "
          + TinyShakespeare.NAME
          + " or --data FILE";

  private final List<String> resources;

  /** The three plays. */
  public Plays() {
    this(List.of(FOLDER + "hamlet.xml", FOLDER + "macbeth.xml", FOLDER + "r_and_j.xml"));
  }

  Plays(List<String> resources) {
    this.resources = List.copyOf(resources);
  }

  /**
   * Reads the plays, one after the other.
   *
   * @return their speeches
   * @throws InputException if a play is not on the class path or is damaged
   */
  public TextData load() {
    StringBuilder text = new StringBuilder();
    for (String resource : resources) {
      text.append(read(resource));
    }
    return new TextData(
        NAME,
        TextSource.of(text.toString()),
        "the embedded plays Hamlet, Macbeth, Romeo and Juliet");
  }

  private static String read(String resource) {
    try (InputStream play = Plays.class.getResourceAsStream(resource)) {
      if (play == null) {
        throw new InputException("the embedded play " + resource + " is missing" + ADVICE);
      }
      return PlayReader.read(play);
    } catch (IOException | XMLStreamException e) {
      throw new InputException("the embedded play " + resource + " is damaged" + ADVICE, e);
    }
  }
}
