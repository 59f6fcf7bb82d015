# Decompositions of symmetric matrices, in the strict form of Python that TorchScript archives hold.
class S(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  _is_full_backward_hook : Optional[bool]
  # The eigenvalues, ascending, and the eigenvectors, in columns, of arrays[0] with `shift` added to
  # its diagonal, into arrays[1] and arrays[2], which may have another type. Returns whether they are
  # finite.
  def eigen(self: __torch__.S,
    arrays: List[Tensor],
    dtype: int,
    shift: float) -> List[float]:
    a = torch.to(arrays[0], dtype)
    n = torch.size(a, 0)
    shifted = torch.add(a, torch.diag(torch.new_full(a, [n], shift)))
    w, v, = torch.linalg_eigh(shifted, "L")
    _0 = torch.copy_(arrays[1], torch.sub(w, shift))
    _1 = torch.copy_(arrays[2], v)
    return [float(torch.all(torch.isfinite(arrays[2])))]
  # A step of orthogonal iteration for the symmetric arrays[0]: the columns of the basis in arrays[1]
  # by falling diagonal of Q^T F Q, then Q of the decomposition QR of F Q, into arrays[2]. The square
  # in arrays[3] is permuted with the columns, along `axis`, into arrays[4].
  def iterate(self: __torch__.S,
    arrays: List[Tensor],
    axis: int) -> List[float]:
    image = torch.matmul(arrays[0], arrays[1])
    diagonal = torch.sum(torch.mul(arrays[1], image), [0])
    order = torch.argsort(diagonal, -1, True)
    q, r, = torch.linalg_qr(torch.index_select(image, 1, order), "reduced")
    _0 = torch.copy_(arrays[2], q)
    _1 = torch.copy_(arrays[4], torch.index_select(arrays[3], axis, order))
    return [float(torch.all(torch.isfinite(q)))]
