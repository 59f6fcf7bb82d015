package dev.pullback.train.data;

import dev.pullback.train.InputException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;

/**
 * The folder that data sets live in, each in a folder of its own: {@code
 * tinyshakespeare/input.txt}, {@code mnist/train-images-idx3-ubyte.gz}. It need not exist;
 * downloads create it.
 *
 * @param path the folder
 */
public record DataDirectory(Path path) {

  /** The environment variable that names the folder. */
  public static final String VARIABLE = "PULLBACK_DATA";

  /** Makes the path absolute, so that messages name the folder in full. */
  public DataDirectory {
    path = path.toAbsolutePath();
  }

  /**
   * Chooses the folder from the command line, the environment of this process and the home folder
   * of its user.
   *
   * @param option the value of {@code --data-dir}, or null if it was not given
   * @return the chosen folder
   * @throws InputException if the chosen path is malformed or a file, or if the home folder is
   *     needed and not known
   */
  public static DataDirectory choose(Path option) {
    return choose(option, System.getenv(), Path.of(System.getProperty("user.home")));
  }

  /**
   * Chooses the folder: the option, else {@value #VARIABLE}, else {@code .pullback} in the home
   * folder. A blank variable counts as unset.
   *
   * @param option the value of {@code --data-dir}, or null if it was not given
   * @param environment environment variables
   * @param home the home folder of the user
   * @return the chosen folder
   * @throws InputException if the chosen path is malformed or a file, or if the home folder is
   *     needed and not an absolute path
   */
  public static DataDirectory choose(Path option, Map<String, String> environment, Path home) {
    if (option != null) {
      return checked(option, "--data-dir");
    }
    String variable = environment.get(VARIABLE);
    if (variable != null && !variable.isBlank()) {
      try {
        return checked(Path.of(variable), VARIABLE);
      } catch (InvalidPathException e) {
        throw new InputException(
            VARIABLE + " is not a path: " + e.getReason() + "; name a folder", e);
      }
    }
    if (!home.isAbsolute()) {
      // Java says "?" of a user whom the system's list does not have.
      throw new InputException(
          "the home folder of this user is not known; set --data-dir or %s to a folder"
              .formatted(VARIABLE));
    }
    return checked(home.resolve(".pullback"), "the default data folder");
  }

  /**
   * Returns the place of a file of a data set.
   *
   * @param dataset the folder of the data set
   * @param file the name of the file
   * @return its path, which need not exist
   */
  public Path file(String dataset, String file) {
    return path.resolve(dataset).resolve(file);
  }

  private static DataDirectory checked(Path path, String source) {
    if (Files.exists(path) && !Files.isDirectory(path)) {
      throw new InputException(
          "%s is %s, which is not a folder; set --data-dir or %s to a folder"
              .formatted(source, path, VARIABLE));
    }
    return new DataDirectory(path);
  }
}
