# Parts of optimiser steps, in the strict form of Python that TorchScript archives hold.
#
# A step first measures, which may rescale and clip the gradients but changes nothing else, and then
# updates group by group. A measurement begins with 1 if the step can be carried out, 0 if a value is
# not finite, -1 if the arrays' memory does not suit the programs; then comes the gradient's norm
# before clipping. Updates take the learning rate, how many of the weights decay (they come first) and
# the part of them that decays; they leave gradients of zero.
#
# Sums over the model stay on the device, in double precision, until they are read in one go: one read
# a step, two where a metric is measured of gradients that are clipped by their norm.
#
# On a CPU arrays are worked through in pieces that stay in its cache. Elsewhere a call costs more than
# the memory that it moves, so that many arrays go into each.
#
# A list that an operator writes to must be an argument, or come from split or unbind: TorchScript
# takes a call that writes to a literal or to a slice of a list for dead code and removes it.
class S(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  _is_full_backward_hook : Optional[bool]
  def norm(self: __torch__.S,
    grads: List[Tensor]) -> float:
    if ops.prim.is_cpu(grads[0]):
      square = torch.new_zeros(grads[0], [], dtype=7)
      for i in range(torch.len(grads)):
        gs = (self).pieces(grads[i], )
        for j in range(torch.len(gs)):
          _0 = torch.add_(square, torch.dot(gs[j], gs[j]))
    else:
      square = (self).square_at_once(grads, )
    return torch.sqrt(float(square))
  def square_at_once(self: __torch__.S,
    grads: List[Tensor]) -> Tensor:
    norms = torch.stack(torch._foreach_norm(grads, 2, dtype=7))
    return torch.dot(norms, norms)
  # Whether the arrays' memory is what flat views and fused operators expect.
  def plain(self: __torch__.S,
    arrays: List[Tensor]) -> bool:
    plain = True
    for i in range(torch.len(arrays)):
      plain = torch.__and__(plain, torch.is_contiguous(arrays[i]))
    return plain
  def finite(self: __torch__.S,
    x: float) -> bool:
    return torch.eq(torch.sub(x, x), 0.)
  # What every measurement begins with. A gradient of which the square is beyond float32 is left to the
  # portable path, which refuses it or knows better.
  def check(self: __torch__.S,
    params: List[Tensor],
    grads: List[Tensor],
    norm: float,
    bound: float) -> List[float]:
    left = ops.prim.min(norm, bound)
    if torch.__and__((self).plain(params, ), (self).plain(grads, )):
      if torch.__and__((self).finite(norm, ), torch.le(torch.mul(left, left), 3.4028234663852886e+38)):
        ready = 1.
      else:
        ready = 0.
    else:
      ready = -1.
    return [ready, norm]
  # A measurement that does not look at the gradients.
  def look(self: __torch__.S,
    params: List[Tensor],
    grads: List[Tensor]) -> List[float]:
    if torch.__and__((self).plain(params, ), (self).plain(grads, )):
      ready = 1.
    else:
      ready = -1.
    return [ready, float("nan")]
  # Checks, and if the step can be carried out rescales and clips the gradients.
  def measure(self: __torch__.S,
    params: List[Tensor],
    grads: List[Tensor],
    rescale: float,
    bound: float) -> List[float]:
    if (self).plain(grads, ):
      norm = torch.mul((self).norm(grads, ), rescale)
    else:
      norm = 0.
    out = (self).check(params, grads, norm, bound, )
    if torch.gt(norm, bound):
      factor = torch.div(torch.mul(rescale, bound), norm)
    else:
      factor = rescale
    if torch.__and__(torch.eq(out[0], 1.), torch.ne(factor, 1.)):
      torch._foreach_mul_(grads, factor)
    else:
      pass
    return out
  # Pieces that stay in a CPU's cache; the whole array elsewhere.
  def pieces(self: __torch__.S,
    array: Tensor) -> List[Tensor]:
    if ops.prim.is_cpu(array):
      size = 262144
    else:
      size = torch.numel(array)
    return torch.split(torch.view(array, [-1]), size)
  # As many 0-d tensors as there are arrays, each the number of the step, on the arrays' device.
  def counts(self: __torch__.S,
    arrays: List[Tensor],
    t: float) -> List[Tensor]:
    return torch.unbind(torch.new_full(arrays[0], [torch.len(arrays)], t, dtype=6))
  def decay(self: __torch__.S,
    params: List[Tensor],
    decayed: int,
    decay: float) -> None:
    if torch.ne(decay, 0.):
      for i in range(decayed):
        _0 = torch.mul_(params[i], torch.sub(1., decay))
    else:
      pass
    return None
  # sum g^2 / d and sum g^2, with d = sqrt(v' / c) + eps and v' = beta v + (1 - beta) g^2. With
  # v' = (1 - beta) s', s' = beta / (1 - beta) v + g^2 and k = sqrt((1 - beta) / c), d is
  # k (sqrt(s') + eps / k), which is an AdaGrad step of a scratch weight of zero: it leaves
  # -g / (sqrt(s') + eps / k). Only CPUs have that operator.
  def rms_sums(self: __torch__.S,
    grads: List[Tensor],
    squares: List[Tensor],
    beta: float,
    eps: float,
    t: float) -> List[float]:
    if ops.prim.is_cpu(grads[0]):
      sums = (self).rms_by_pieces(grads, squares, beta, eps, t, )
    else:
      sums = (self).rms_at_once(grads, squares, beta, eps, t, )
    return sums
  def root(self: __torch__.S,
    beta: float,
    t: float) -> float:
    return torch.sqrt(torch.div(torch.sub(1., beta), torch.sub(1., torch.pow(beta, t))))
  def rms_by_pieces(self: __torch__.S,
    grads: List[Tensor],
    squares: List[Tensor],
    beta: float,
    eps: float,
    t: float) -> List[float]:
    piece = 400000
    k = (self).root(beta, t, )
    flat = torch.view(grads[0], [-1])
    w = torch.new_empty(flat, [piece])
    u = torch.new_empty(flat, [piece])
    count = torch.unbind(torch.new_full(flat, [1], 1., dtype=6))
    trace = torch.new_zeros(flat, [], dtype=7)
    square = torch.new_zeros(flat, [], dtype=7)
    for i in range(torch.len(grads)):
      gs = torch.split(torch.view(grads[i], [-1]), piece)
      vs = torch.split(torch.view(squares[i], [-1]), piece)
      for j in range(torch.len(gs)):
        g = gs[j]
        n = torch.numel(g)
        w0 = torch.zero_(torch.slice(w, 0, 0, n))
        u0 = torch.mul(vs[j], torch.div(beta, torch.sub(1., beta)), out=torch.slice(u, 0, 0, n))
        torch._fused_adagrad_(torch.split(w0, piece), torch.split(g, piece), torch.split(u0, piece), count, lr=1., lr_decay=0., weight_decay=0., eps=torch.div(eps, k), maximize=False)
        _0 = torch.sub_(trace, torch.dot(w0, g))
        _1 = torch.add_(square, torch.dot(g, g))
    sums = annotate(List[float], torch.cpu(torch.stack([trace, square])).tolist())
    return [torch.div(sums[0], k), sums[1]]
  # Arrays by 32, so that what is between them and the sums is a part of the model.
  def rms_at_once(self: __torch__.S,
    grads: List[Tensor],
    squares: List[Tensor],
    beta: float,
    eps: float,
    t: float) -> List[float]:
    k = (self).root(beta, t, )
    trace = torch.new_zeros(grads[0], [], dtype=7)
    square = torch.new_zeros(grads[0], [], dtype=7)
    for i in range(torch.floordiv(torch.add(torch.len(grads), 31), 32)):
      begin = torch.mul(i, 32)
      end = torch.add(begin, 32)
      gs = torch.slice(grads, begin, end, 1)
      s = torch._foreach_addcmul(torch._foreach_mul(torch.slice(squares, begin, end, 1), torch.div(beta, torch.sub(1., beta))), gs, gs)
      d = torch._foreach_add(torch._foreach_sqrt(s), torch.div(eps, k))
      parts = torch._foreach_norm(torch._foreach_mul(torch._foreach_div(gs, d), gs), 1, dtype=7)
      _0 = torch.add_(trace, torch.sum(torch.stack(parts)))
      _1 = torch.add_(square, (self).square_at_once(gs, ))
    sums = annotate(List[float], torch.cpu(torch.stack([trace, square])).tolist())
    return [torch.div(sums[0], k), sums[1]]
  def rms_trace(self: __torch__.S,
    grads: List[Tensor],
    squares: List[Tensor],
    beta: float,
    eps: float,
    t: float) -> List[float]:
    return [(self).rms_sums(grads, squares, beta, eps, t, )[0]]
  # Measures, and adds the trace. With nothing to rescale or clip, one pass over the gradients gives
  # trace and norm.
  def measure_rms(self: __torch__.S,
    params: List[Tensor],
    grads: List[Tensor],
    squares: List[Tensor],
    rescale: float,
    bound: float,
    beta: float,
    eps: float,
    t: float) -> List[float]:
    single = torch.__and__(torch.eq(rescale, 1.), torch.gt(bound, 1.7976931348623157e+308))
    if single:
      out = (self).check(params, grads, 0., bound, )
    else:
      out = (self).measure(params, grads, rescale, bound, )
    trace = 0.
    if torch.eq(out[0], 1.):
      sums = (self).rms_sums(grads, squares, beta, eps, t, )
      trace = sums[0]
      if single:
        out = (self).check(params, grads, torch.sqrt(sums[1]), bound, )
      else:
        pass
    else:
      pass
    return [out[0], out[1], trace]
  # Gradient descent, m <- mu m + (1 - dampening) g.
  def descend(self: __torch__.S,
    params: List[Tensor],
    grads: List[Tensor],
    momentum: List[Tensor],
    decayed: int,
    decay: float,
    rate: float,
    mu: float,
    dampening: float) -> List[float]:
    _0 = (self).decay(params, decayed, decay, )
    if torch.eq(mu, 0.):
      torch._foreach_copy_(momentum, grads)
      torch._foreach_add_(params, grads, alpha=torch.neg(rate))
    else:
      torch._fused_sgd_(params, grads, momentum, weight_decay=0., momentum=mu, lr=rate, dampening=dampening, nesterov=False, maximize=False, is_first_step=False)
    torch._foreach_zero_(grads)
    return [1.]
  # Adam; the operator can do the decay where all weights decay.
  def adam(self: __torch__.S,
    params: List[Tensor],
    grads: List[Tensor],
    momentum: List[Tensor],
    squares: List[Tensor],
    decayed: int,
    decay: float,
    rate: float,
    fuse_decay: bool,
    t: float,
    beta1: float,
    beta2: float,
    eps: float) -> List[float]:
    if torch.__and__(fuse_decay, torch.gt(rate, 0.)):
      fused = torch.div(decay, rate)
    else:
      fused = 0.
      _0 = (self).decay(params, decayed, decay, )
    torch._fused_adamw_(params, grads, momentum, squares, annotate(List[Tensor], []), (self).counts(params, t, ), lr=rate, beta1=beta1, beta2=beta2, weight_decay=fused, eps=eps, amsgrad=False, maximize=False)
    torch._foreach_zero_(grads)
    return [1.]
  def lion(self: __torch__.S,
    params: List[Tensor],
    grads: List[Tensor],
    momentum: List[Tensor],
    decayed: int,
    decay: float,
    rate: float,
    beta1: float,
    beta2: float) -> List[float]:
    _0 = (self).decay(params, decayed, decay, )
    for i in range(torch.len(params)):
      ps = (self).pieces(params[i], )
      gs = (self).pieces(grads[i], )
      ms = (self).pieces(momentum[i], )
      for j in range(torch.len(ps)):
        direction = torch.sign_(torch.lerp(ms[j], gs[j], torch.sub(1., beta1)))
        _1 = torch.add_(ps[j], direction, alpha=torch.neg(rate))
        _2 = torch.lerp_(ms[j], gs[j], torch.sub(1., beta2))
    torch._foreach_zero_(grads)
    return [1.]
  def rmsprop(self: __torch__.S,
    params: List[Tensor],
    grads: List[Tensor],
    momentum: List[Tensor],
    squares: List[Tensor],
    decayed: int,
    decay: float,
    rate: float,
    beta: float,
    mu: float,
    eps: float) -> List[float]:
    _0 = (self).decay(params, decayed, decay, )
    for i in range(torch.len(params)):
      ps = (self).pieces(params[i], )
      gs = (self).pieces(grads[i], )
      bs = (self).pieces(momentum[i], )
      vs = (self).pieces(squares[i], )
      for j in range(torch.len(ps)):
        g = gs[j]
        v = torch.addcmul_(torch.mul_(vs[j], beta), g, g, value=torch.sub(1., beta))
        root = torch.sqrt_(torch.add(v, eps))
        direction = torch.addcdiv_(torch.mul_(bs[j], mu), g, root)
        _1 = torch.sub_(ps[j], direction, alpha=rate)
    torch._foreach_zero_(grads)
    return [1.]
  def nesterov(self: __torch__.S,
    m: Tensor,
    g: Tensor,
    beta: float,
    t: float) -> Tensor:
    ahead = torch.div(beta, torch.sub(1., torch.pow(beta, torch.add(t, 1.))))
    now = torch.div(torch.sub(1., beta), torch.sub(1., torch.pow(beta, t)))
    return torch.add_(torch.mul(m, ahead), g, alpha=now)
  # The quintic Newton-Schulz iteration, which pushes all singular values towards 1.
  def orthogonal(self: __torch__.S,
    matrix: Tensor,
    eps: float) -> Tensor:
    tall = torch.gt(torch.size(matrix, 0), torch.size(matrix, 1))
    if tall:
      wide = torch.t(matrix)
    else:
      wide = matrix
    y = torch.div(wide, torch.add(torch.linalg_vector_norm(matrix), eps))
    for i in range(5):
      c = torch.matmul(y, torch.t(y))
      polynomial = torch.addmm(c, c, c, beta=-4.775, alpha=2.0315)
      y = torch.addmm(y, polynomial, y, beta=3.4445)
    if tall:
      out = torch.t(y)
    else:
      out = y
    return out
  def muon(self: __torch__.S,
    params: List[Tensor],
    grads: List[Tensor],
    momentum: List[Tensor],
    decayed: int,
    decay: float,
    rate: float,
    rows_are_inputs: bool,
    t: float,
    mu: float,
    eps: float) -> List[float]:
    _0 = (self).decay(params, decayed, decay, )
    for i in range(torch.len(params)):
      m = torch.lerp_(momentum[i], grads[i], torch.sub(1., mu))
      mean = (self).nesterov(m, grads[i], mu, t, )
      aspect = torch.div(float(torch.size(m, 0)), float(torch.size(m, 1)))
      if rows_are_inputs:
        longer = torch.div(1., aspect)
      else:
        longer = aspect
      scale = torch.sqrt(ops.prim.max(1., longer))
      _1 = torch.sub_(params[i], (self).orthogonal(mean, eps, ), alpha=torch.mul(rate, scale))
    torch._foreach_zero_(grads)
    return [1.]
  def nadam(self: __torch__.S,
    params: List[Tensor],
    grads: List[Tensor],
    momentum: List[Tensor],
    squares: List[Tensor],
    decayed: int,
    decay: float,
    rate: float,
    t: float,
    beta1: float,
    beta2: float,
    eps: float) -> List[float]:
    _0 = (self).decay(params, decayed, decay, )
    for i in range(torch.len(params)):
      g = grads[i]
      m = torch.lerp_(momentum[i], g, torch.sub(1., beta1))
      v = torch.addcmul_(torch.mul_(squares[i], beta2), g, g, value=torch.sub(1., beta2))
      d = torch.add_(torch.sqrt_(torch.div(v, torch.sub(1., torch.pow(beta2, t)))), eps)
      _1 = torch.addcdiv_(params[i], (self).nesterov(m, g, beta1, t, ), d, value=torch.neg(rate))
    torch._foreach_zero_(grads)
    return [1.]
