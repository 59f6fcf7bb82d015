package dev.pullback.train.watch;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** What a server shows. Called by several threads at once. */
public interface Watched {

  /** Makes a page. */
  @FunctionalInterface
  interface Page {

    /**
     * Returns the page as it is now.
     *
     * @return HTML
     * @throws IOException if something cannot be read
     */
    String html() throws IOException;
  }

  /**
   * Something to tell.
   *
   * @param messages one after the other
   * @param more whether to ask again at once
   */
  record News(List<ObjectNode> messages, boolean more) {}

  /** Tells one client what it has not been told. Used by one thread. */
  @FunctionalInterface
  interface Feed {

    /**
     * Returns what is new since the last call; however long that is ago, it is not much.
     *
     * @param last whether this is the last call, for which everything is looked at once more
     * @return the news
     * @throws IOException if something cannot be read
     */
    News news(boolean last) throws IOException;
  }

  /**
   * Returns the pages.
   *
   * @return pages by path, {@code /} among them
   */
  Map<String, Page> pages();

  /**
   * Begins to tell another client.
   *
   * @return what tells it
   */
  Feed feed();
}
