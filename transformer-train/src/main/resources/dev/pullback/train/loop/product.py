# A matrix product to be timed, in the strict form of Python that TorchScript archives hold.
class S(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  _is_full_backward_hook : Optional[bool]
  # The matrix times itself in a number format: 6 is float32, 15 bfloat16. Returns one element.
  def square(self: __torch__.S,
    matrices: List[Tensor],
    dtype: int) -> List[float]:
    matrix = torch.to(matrices[0], dtype)
    product = torch.mm(matrix, matrix)
    return [float(torch.select(torch.select(product, 0, 0), 0, 0))]
