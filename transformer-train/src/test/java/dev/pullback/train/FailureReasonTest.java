package dev.pullback.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileSystemException;
import java.nio.file.NotDirectoryException;
import org.junit.jupiter.api.Test;

class FailureReasonTest {

  @Test
  void aReasonNeverRepeatsTheFile() {
    assertEquals("permission denied", FailureReason.of(new AccessDeniedException("/a")));
    assertEquals("not a folder", FailureReason.of(new NotDirectoryException("/a")));
    assertEquals("the folder is not empty", FailureReason.of(new DirectoryNotEmptyException("/a")));
    assertEquals("FileSystemException", FailureReason.of(new FileSystemException("/a")));
    assertEquals(
        "Disk full", FailureReason.of(new FileSystemException("/a", null, "Disk \n full")));
  }

  @Test
  void theFirstCauseIsTold() {
    assertEquals(
        "/cache: permission denied",
        FailureReason.ofRoot(
            new IllegalStateException("no engine", new AccessDeniedException("/cache"))));
    assertEquals("IOException", FailureReason.ofRoot(new RuntimeException(new IOException())));
    assertEquals(
        "first line", FailureReason.ofRoot(new IllegalStateException("\n first  line\nsecond")));
    assertEquals("IllegalStateException", FailureReason.ofRoot(new IllegalStateException()));
  }
}
