package dev.pullback.cluster;

import dev.pullback.train.InputException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;

/** Contexts of Spark in which workers find this module. */
final class Connection {

  private Connection() {}

  /**
   * Connects.
   *
   * @throws InputException if the master cannot be used
   */
  static JavaSparkContext open(SparkConf conf, String master) {
    if (!master.startsWith("local")) {
      conf.setJars(new String[] {ownJar()});
    }
    try {
      return new JavaSparkContext(conf);
    } catch (Exception e) { // Scala throws checked ones without saying so
      throw new InputException("cannot use the master %s: %s".formatted(master, firstLine(e)), e);
    }
  }

  /** What a worker's class path must have. */
  private static String ownJar() {
    try {
      return Path.of(TrialTask.class.getProtectionDomain().getCodeSource().getLocation().toURI())
          .toString();
    } catch (URISyntaxException e) {
      throw new IllegalStateException("this program lies nowhere", e);
    }
  }

  static String firstLine(Throwable e) {
    return e.toString().lines().findFirst().orElse("");
  }
}
