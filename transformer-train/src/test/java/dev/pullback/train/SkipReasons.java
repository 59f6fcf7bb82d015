package dev.pullback.train;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestWatcher;

/** Prints why a test was skipped; found by JUnit through {@code META-INF/services}. */
public final class SkipReasons implements TestWatcher {

  @Override
  public void testAborted(ExtensionContext context, Throwable cause) {
    System.out.println("Skipped " + context.getUniqueId() + ": " + cause.getMessage());
  }
}
