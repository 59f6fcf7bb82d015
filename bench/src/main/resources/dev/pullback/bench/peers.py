# What libtorch does at best, without any of Pullback: its fused AdamW, and a copy of the same bytes.
class S(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  _is_full_backward_hook : Optional[bool]
  def fused_adamw(self: __torch__.S,
    params: List[Tensor],
    grads: List[Tensor],
    first: List[Tensor],
    second: List[Tensor],
    step: float) -> List[float]:
    steps = torch.unbind(torch.full([torch.len(params)], step, dtype=6, layout=None, device=ops.prim.device(params[0]), pin_memory=None))
    torch._fused_adamw_(params, grads, first, second, annotate(List[Tensor], []), steps, lr=9.9999999999999995e-07, beta1=0.90000000000000002, beta2=0.999, weight_decay=0., eps=1e-08, amsgrad=False, maximize=False)
    return [0.]
  def copy(self: __torch__.S,
    params: List[Tensor],
    grads: List[Tensor],
    first: List[Tensor],
    second: List[Tensor],
    step: float) -> List[float]:
    torch._foreach_copy_(first, grads)
    return [0.]
