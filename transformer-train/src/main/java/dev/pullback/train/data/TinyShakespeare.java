package dev.pullback.train.data;

import dev.pullback.train.InputException;
import java.net.URI;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * TinyShakespeare: 40,000 lines of Shakespeare, 1,115,394 ASCII characters, from Andrej Karpathy's
 * <a href="https://github.com/karpathy/char-rnn">char-rnn</a>. It lives in {@code
 * tinyshakespeare/input.txt} of the data folder and is downloaded when it is missing there.
 */
public final class TinyShakespeare {

  /** The name of the data set, and of its folder. */
  public static final String NAME = "tinyshakespeare";

  private static final URI ADDRESS =
      URI.create(
          "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt");
  private static final String SHA256 =
      "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed";

  private final RemoteFile remote;

  /** The data set at its public address. */
  public TinyShakespeare() {
    this(new RemoteFile(ADDRESS, SHA256));
  }

  TinyShakespeare(RemoteFile remote) {
    this.remote =
        remote.withAlternative(
            "use --data FILE (any UTF-8 text, taken as it is) or --dataset " + Plays.NAME);
  }

  /**
   * Returns the text, downloading it when it is missing.
   *
   * @param directory the data folder
   * @param log takes one line when a download begins
   * @return the text
   * @throws InputException if the file that is there is unreadable or has another checksum, or if
   *     the download fails
   */
  public TextData load(DataDirectory directory, Consumer<String> log) {
    try {
      return loadOrThrow(directory, log);
    } catch (DownloadException e) {
      throw remote.failure(target(directory), e);
    }
  }

  /** Like {@link #load}, for callers that have another text when the download fails. */
  TextData loadOrThrow(DataDirectory directory, Consumer<String> log) throws DownloadException {
    Path target = target(directory);
    if (!remote.isPresent(target)) {
      log.accept("downloading " + remote.uri() + " to " + target);
      remote.download(target);
    }
    return new TextData(NAME, TextFiles.source(target), "TinyShakespeare from " + target);
  }

  private static Path target(DataDirectory directory) {
    return directory.file(NAME, "input.txt");
  }
}
