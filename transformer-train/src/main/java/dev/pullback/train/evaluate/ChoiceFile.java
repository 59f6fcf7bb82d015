package dev.pullback.train.evaluate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.train.FailureReason;
import dev.pullback.train.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * Questions, a JSON object a line; see {@link ChoiceQuestion#of}.
 *
 * @param path the file
 */
public record ChoiceFile(Path path) {

  private static final ObjectReader JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build()
          .readerFor(JsonNode.class);

  /**
   * Reads the questions one by one.
   *
   * @param limit how many at most, at least 1
   * @param questions takes them; what it refuses is refused with the line's number
   * @throws InputException if the file cannot be read, has no question, or has something else
   */
  public void read(long limit, Consumer<ChoiceQuestion> questions) {
    long found = 0;
    int line = 1;
    try (InputStream in = Files.newInputStream(path);
        MappingIterator<JsonNode> values = JSON.readValues(in)) {
      for (; found < limit && values.hasNextValue(); found++) {
        JsonNode value = values.nextValue();
        line = values.getCurrentLocation().getLineNr();
        if (!(value instanceof ObjectNode object)) {
          throw new InputException("it is not a JSON object");
        }
        questions.accept(ChoiceQuestion.of(object));
      }
    } catch (JsonProcessingException e) {
      line = e.getLocation() == null ? line : e.getLocation().getLineNr();
      throw refused(line, "it is not JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new InputException("cannot read %s: %s".formatted(path, FailureReason.of(e)), e);
    } catch (InputException | IllegalArgumentException e) {
      throw refused(line, e.getMessage(), e);
    }
    if (found == 0) {
      throw new InputException(path + " has no questions");
    }
  }

  private InputException refused(int line, String reason, Exception cause) {
    return new InputException("%s line %d: %s".formatted(path, line, reason), cause);
  }
}
