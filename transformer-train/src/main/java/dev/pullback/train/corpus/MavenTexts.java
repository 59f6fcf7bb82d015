package dev.pullback.train.corpus;

import dev.pullback.train.FailureReason;
import dev.pullback.train.InputException;
import eu.maveniverse.maven.mima.context.Context;
import eu.maveniverse.maven.mima.context.ContextOverrides;
import eu.maveniverse.maven.mima.context.Runtimes;
import java.nio.file.Path;
import org.eclipse.aether.artifact.Artifact;
import org.eclipse.aether.artifact.DefaultArtifact;
import org.eclipse.aether.resolution.ArtifactRequest;
import org.eclipse.aether.resolution.ArtifactResolutionException;

/**
 * Fetches archives as Maven does: from the local repository, else from the repositories and mirrors
 * of the user's settings, with checksums that must match.
 */
final class MavenTexts {

  private MavenTexts() {}

  /**
   * Resolves an archive.
   *
   * @param coordinates {@code GROUP:ARTIFACT:VERSION[:CLASSIFIER]}
   * @return the jar in the local repository
   * @throws InputException if there is none
   */
  static Path resolve(String coordinates) {
    return resolve(coordinates, null, null);
  }

  /** As above, with settings and a local repository other than the user's, where they are given. */
  static Path resolve(String coordinates, Path settings, Path local) {
    String[] parts = coordinates.split(":", -1);
    if (parts.length < 3 || parts.length > 4) {
      throw new InputException(
          "maven:%s is not of the form maven:GROUP:ARTIFACT:VERSION[:CLASSIFIER]"
              .formatted(coordinates));
    }
    Artifact artifact =
        new DefaultArtifact(parts[0], parts[1], parts.length == 4 ? parts[3] : "", "jar", parts[2]);
    ContextOverrides overrides =
        ContextOverrides.create()
            .withUserSettings(true)
            .withUserSettingsXmlOverride(settings)
            .withLocalRepositoryOverride(local)
            .checksumPolicy(ContextOverrides.ChecksumPolicy.FAIL)
            .build();
    try (Context context = Runtimes.INSTANCE.getRuntime().create(overrides)) {
      ArtifactRequest request = new ArtifactRequest(artifact, context.remoteRepositories(), null);
      return context
          .repositorySystem()
          .resolveArtifact(context.repositorySystemSession(), request)
          .getArtifact()
          .getFile()
          .toPath();
    } catch (ArtifactResolutionException | IllegalStateException e) {
      throw new InputException(
          "cannot fetch maven:%s: %s; check the coordinates, the network and the mirrors in Maven's settings.xml"
              .formatted(coordinates, FailureReason.ofRoot(e)),
          e);
    }
  }
}
