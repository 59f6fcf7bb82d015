package dev.pullback.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;

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
                    x: List[float]) -> List[float]:
                    torch._foreach_mul_(a, 2.)
                    return [torch.mul(x[0], 2.), float(torch.sum(a[0]))]
                """);
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      NDList arrays = new NDList(manager.ones(new Shape(3)), manager.ones(new Shape()));
      assertArrayEquals(new double[] {5, 6}, program.run("twice", List.of(arrays), 2.5));
      assertArrayEquals(new float[] {2, 2, 2}, arrays.get(0).toFloatArray());
      assertEquals(2, arrays.get(1).getFloat());
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
