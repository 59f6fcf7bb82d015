package dev.pullback.train.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import dev.pullback.train.config.Backend;
import dev.pullback.train.config.TrainingEngine;
import dev.pullback.train.model.Precision;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class Bfloat16SpeedTest {

  private static final Backend CPU = new Backend(TrainingEngine.PYTORCH, Device.cpu());

  @Test
  void saysWhenFloat32IsFaster() {
    assertEquals(
        "A bfloat16 matrix product takes 18.0 times as long as a float32 one on this machine:"
            + " --precision float32 is faster.",
        Bfloat16Speed.warning(18).orElseThrow());
  }

  @Test
  void saysNothingWhenBfloat16Pays() {
    assertEquals(Optional.empty(), Bfloat16Speed.warning(0.5));
  }

  @Test
  void measuresThisMachine() {
    double slowdown = Bfloat16Speed.slowdown(CPU);
    assertTrue(slowdown > 0.01 && slowdown < 1000, "slowdown " + slowdown);
  }

  @Test
  void float32NeedsNoWarning() {
    StringWriter said = new StringWriter();
    Bfloat16Speed.warn(CPU, Precision.FLOAT32, new PrintWriter(said));
    assertEquals("", said.toString());
  }
}
