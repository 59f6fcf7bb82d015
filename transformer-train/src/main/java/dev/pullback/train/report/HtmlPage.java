package dev.pullback.train.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A page in one file that opens without a network. */
final class HtmlPage {

  static final String ECHARTS = "echarts/5.5.0/echarts.min.js";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String WEBJARS = "/META-INF/resources/webjars/";

  private HtmlPage() {}

  /**
   * Makes a page.
   *
   * @param name of its resources, such as {@code paper}
   * @param libraries paths of scripts among the web jars
   * @param data what its script shows; the names of components are the script's
   * @return the page
   * @throws IOException if a resource cannot be read
   */
  static String of(String name, List<String> libraries, Object data) throws IOException {
    StringBuilder library = new StringBuilder();
    for (String path : libraries) {
      library.append(resource(WEBJARS + path)).append('\n');
    }
    // Text between the tags of a script ends at the first "</script".
    String json = JSON.writeValueAsString(data).replace("<", "\\u003c");
    return resource("/report/" + name + ".html")
        .replace("/*style*/", resource("/report/page.css"))
        .replace("/*libraries*/", library)
        .replace("/*script*/", resource("/report/page.js") + resource("/report/" + name + ".js"))
        .replace("/*data*/", json);
  }

  private static String resource(String path) throws IOException {
    try (InputStream in = HtmlPage.class.getResourceAsStream(path)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
