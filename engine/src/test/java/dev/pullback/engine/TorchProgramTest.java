package dev.pullback.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Programs are source until libtorch compiles them. */
class TorchProgramTest {

  private static final String HEAD =
      """
      class S(Module):
        __parameters__ = []
        __buffers__ = []
        training : bool
        _is_full_backward_hook : Optional[bool]
      """;

  @Test
  void changesItsArgumentsAndReturnsNumbers() {
    TorchProgram program =
        TorchProgram.compile(
            "double",
            HEAD
                + """
                  def twice(self: __torch__.S,
                    a: List[Tensor],
                    x: float,
                    n: int,
                    negative: bool) -> List[float]:
                    torch._foreach_mul_(a, n)
                    y = torch.mul(x, 2.)
                    if negative:
                      z = torch.neg(y)
                    else:
                      z = y
                    return [z, float(torch.sum(a[0]))]
                """);
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      NDList arrays = new NDList(manager.ones(new Shape(3)), manager.ones(new Shape()));
      Map<String, Object> arguments = Map.of("n", 2L, "negative", true, "x", 2.5, "a", arrays);
      assertArrayEquals(new double[] {-5, 6}, program.run("twice", arguments));
      assertArrayEquals(new float[] {2, 2, 2}, arrays.get(0).toFloatArray());
      assertEquals(2, arrays.get(1).getFloat());
    }
  }

  @Test
  void argumentsOfOtherNamesAreRefused() {
    TorchProgram program =
        TorchProgram.compile(
            "half",
            HEAD
                + """
                  def half(self: __torch__.S,
                    x: float) -> List[float]:
                    return [torch.mul(x, 0.5)]
                """);
    assertArrayEquals(new double[] {2}, program.run("half", Map.of("x", 4.0)));
    for (Executable wrong :
        List.<Executable>of(
            () -> program.run("half", Map.of("y", 4.0)),
            () -> program.run("half", Map.of("x", 4.0, "y", 1.0)),
            () -> program.run("third", Map.of("x", 4.0)),
            () -> program.run("half", Map.of("x", "four")))) {
      assertThrows(IllegalArgumentException.class, wrong);
    }
  }

  @Test
  void aMissingOperatorIsReportedWithTheProgramsName() {
    String source =
        HEAD
            + """
              def f(self: __torch__.S,
                a: List[Tensor]) -> List[float]:
                torch._foreach_teleport_(a)
                return [0.]
            """;
    IllegalStateException e =
        assertThrows(IllegalStateException.class, () -> TorchProgram.compile("teleport", source));
    assertTrue(e.getMessage().contains("'teleport'"), e.getMessage());
    assertTrue(e.getMessage().contains("_foreach_teleport_"), e.getMessage());
  }
}
