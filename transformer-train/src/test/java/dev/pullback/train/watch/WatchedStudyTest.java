package dev.pullback.train.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pullback.train.study.Study;
import dev.pullback.train.study.StudyPlan;
import dev.pullback.train.study.TinyStudy;
import dev.pullback.train.study.TrialSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WatchedStudyTest {

  @TempDir private Path folder;

  @Test
  void statusIsToldWhenItWasLookedAtAndThePageIsTheReport() throws IOException {
    Path out = folder.resolve("study");
    Study.start(TinyStudy.write(folder), out);
    Study study = new Study(out, "test", () -> false, line -> {});
    WatchedStudy watched = new WatchedStudy(out, () -> study);
    Watched.Feed feed = watched.feed();
    assertEquals(0, done(feed.news(false)));
    assertEquals(List.of(), feed.news(false).messages(), "nothing is new");
    StudyPlan.Entry entry = study.plan().entries().get(0);
    TrialSpec trial = study.plan().tuning("small", entry).get(0);
    TinyStudy.finish(out, trial, 3.0);
    assertEquals(1, done(feed.news(true)), "the last word is as things are");
    assertTrue(watched.pages().get("/").html().contains("\"study\":true"));
    assertTrue(watched.pages().get("/study").html().contains("A study of optimisers"));
  }

  private static long done(Watched.News news) throws IOException {
    JsonNode status = new ObjectMapper().readTree(news.messages().get(0).toString());
    return status.path("status").path("lines").get(0).path("done").asLong();
  }
}
