# Whole optimiser steps, in the strict form of Python that TorchScript archives hold.
#
# Every step takes the weights, their gradients, two kinds of state, and numbers: x[0] the factor of
# the gradients, x[1] the bound of their norm, x[2] the learning rate, x[3] the part of a weight that
# decays, x[4] how many weights decay (they come first), then the rule's own. It returns 1 if it was
# carried out, 0 if a value is not finite, -1 if the arrays' memory does not suit it; the gradient's
# norm before clipping; and what the rule adds. Unless it was carried out, the weights and the state
# are as they were. Gradients of a step that was carried out are zero.
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
    square = 0.
    for i in range(torch.len(grads)):
      gs = (self).pieces(grads[i], )
      for j in range(torch.len(gs)):
        square = torch.add(square, float(torch.dot(gs[j], gs[j])))
    return torch.sqrt(square)
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
  # What every step returns first: whether it can be carried out, and the norm. A gradient of which
  # the square is beyond float32 is left to the portable path, which refuses it or knows better.
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
  # Checks, and if the step can be carried out rescales and clips the gradients.
  def begin(self: __torch__.S,
    params: List[Tensor],
    grads: List[Tensor],
    x: List[float]) -> List[float]:
    norm = torch.mul((self).norm(grads, ), x[0])
    out = (self).check(params, grads, norm, x[1], )
    if torch.gt(norm, x[1]):
      factor = torch.div(torch.mul(x[0], x[1]), norm)
    else:
      factor = x[0]
    if torch.__and__(torch.eq(out[0], 1.), torch.ne(factor, 1.)):
      torch._foreach_mul_(grads, factor)
    else:
      pass
    return out
  def decay(self: __torch__.S,
    params: List[Tensor],
    x: List[float]) -> None:
    if torch.ne(x[3], 0.):
      for i in range(int(x[4])):
        _0 = torch.mul_(params[i], torch.sub(1., x[3]))
    else:
      pass
    return None
  # As many 0-d tensors as there are arrays, each the number of the step.
  def steps(self: __torch__.S,
    arrays: List[Tensor],
    t: float) -> List[Tensor]:
    return torch.unbind(torch.full([torch.len(arrays)], t, dtype=6, layout=None, device=torch.device("cpu"), pin_memory=None))
  # Pieces that stay in the cache.
  def pieces(self: __torch__.S,
    array: Tensor) -> List[Tensor]:
    return torch.split(torch.view(array, [-1]), 262144)
  # What a step with an induced metric returns: as check, then the trace, the scale
  # s = f' / (1 + f'^2 e) from f' in x[6], and the average that x[8] smooths.
  def metric(self: __torch__.S,
    norm: float,
    trace: float,
    x: List[float]) -> List[float]:
    average = torch.add(torch.mul(x[8], x[9]), torch.mul(torch.mul(torch.sub(1., x[8]), x[7]), trace))
    if torch.eq(x[6], 0.):
      scale = 0.
    else:
      scale = torch.div(1., torch.add(torch.div(1., x[6]), torch.mul(x[6], torch.div(average, x[10]))))
    if (self).finite(torch.add(trace, scale), ):
      ready = 1.
    else:
      ready = 0.
    return [ready, norm, trace, scale, average]
  def momentum(self: __torch__.S,
    params: List[Tensor],
    grads: List[Tensor],
    a: List[Tensor],
    mu: float,
    rate: float,
    dampening: float) -> None:
    if torch.eq(mu, 0.):
      torch._foreach_copy_(a, grads)
      torch._foreach_add_(params, grads, alpha=torch.neg(rate))
    else:
      torch._fused_sgd_(params, grads, a, weight_decay=0., momentum=mu, lr=rate, dampening=dampening, nesterov=False, maximize=False, is_first_step=False)
    return None
  def adamw(self: __torch__.S,
    params: List[Tensor],
    grads: List[Tensor],
    a: List[Tensor],
    b: List[Tensor],
    t: float,
    rate: float,
    beta1: float,
    beta2: float,
    decay: float,
    eps: float) -> None:
    steps = (self).steps(params, t, )
    torch._fused_adamw_(params, grads, a, b, annotate(List[Tensor], []), steps, lr=rate, beta1=beta1, beta2=beta2, weight_decay=decay, eps=eps, amsgrad=False, maximize=False)
    return None
  def sgd(self: __torch__.S,
    params: List[Tensor],
    grads: List[Tensor],
    a: List[Tensor],
    b: List[Tensor],
    x: List[float]) -> List[float]:
    out = (self).begin(params, grads, x, )
    if torch.eq(out[0], 1.):
      _0 = (self).decay(params, x, )
      _1 = (self).momentum(params, grads, a, x[5], x[2], 0., )
      torch._foreach_zero_(grads)
    else:
      pass
    return out
  def adam(self: __torch__.S,
    params: List[Tensor],
    grads: List[Tensor],
    a: List[Tensor],
    b: List[Tensor],
    x: List[float]) -> List[float]:
    out = (self).begin(params, grads, x, )
    if torch.eq(out[0], 1.):
      if torch.__and__(torch.gt(x[2], 0.), torch.eq(int(x[4]), torch.len(params))):
        _0 = (self).adamw(params, grads, a, b, x[8], x[2], x[5], x[6], torch.div(x[3], x[2]), x[7], )
      else:
        _1 = (self).decay(params, x, )
        _2 = (self).adamw(params, grads, a, b, x[8], x[2], x[5], x[6], 0., x[7], )
      torch._foreach_zero_(grads)
    else:
      pass
    return out
  def lion(self: __torch__.S,
    params: List[Tensor],
    grads: List[Tensor],
    a: List[Tensor],
    b: List[Tensor],
    x: List[float]) -> List[float]:
    out = (self).begin(params, grads, x, )
    if torch.eq(out[0], 1.):
      _0 = (self).decay(params, x, )
      for i in range(torch.len(params)):
        ps = (self).pieces(params[i], )
        gs = (self).pieces(grads[i], )
        ms = (self).pieces(a[i], )
        for j in range(torch.len(ps)):
          direction = torch.sign_(torch.lerp(ms[j], gs[j], torch.sub(1., x[5])))
          _1 = torch.add_(ps[j], direction, alpha=torch.neg(x[2]))
          _2 = torch.lerp_(ms[j], gs[j], torch.sub(1., x[6]))
      torch._foreach_zero_(grads)
    else:
      pass
    return out
  def rmsprop(self: __torch__.S,
    params: List[Tensor],
    grads: List[Tensor],
    a: List[Tensor],
    b: List[Tensor],
    x: List[float]) -> List[float]:
    out = (self).begin(params, grads, x, )
    if torch.eq(out[0], 1.):
      _0 = (self).decay(params, x, )
      for i in range(torch.len(params)):
        ps = (self).pieces(params[i], )
        gs = (self).pieces(grads[i], )
        bs = (self).pieces(a[i], )
        vs = (self).pieces(b[i], )
        for j in range(torch.len(ps)):
          g = gs[j]
          v = torch.addcmul_(torch.mul_(vs[j], x[5]), g, g, value=torch.sub(1., x[5]))
          root = torch.sqrt_(torch.add(v, x[7]))
          buffer = torch.addcdiv_(torch.mul_(bs[j], x[6]), g, root, value=x[2])
          _1 = torch.sub_(ps[j], buffer)
      torch._foreach_zero_(grads)
    else:
      pass
    return out
  def euclidean(self: __torch__.S,
    params: List[Tensor],
    grads: List[Tensor],
    a: List[Tensor],
    b: List[Tensor],
    x: List[float]) -> List[float]:
    out = (self).begin(params, grads, x, )
    if torch.eq(out[0], 1.):
      left = ops.prim.min(out[1], x[1])
      out0 = (self).metric(out[1], torch.mul(left, left), x, )
    else:
      out0 = out
    if torch.eq(out0[0], 1.):
      _0 = (self).decay(params, x, )
      _1 = (self).momentum(params, grads, a, x[5], torch.div(torch.mul(x[2], out0[3]), x[11]), x[5], )
      torch._foreach_zero_(grads)
    else:
      pass
    return out0
  # sum g^2 / d with d = sqrt(v' / c) + eps and v' = beta v + (1 - beta) g^2. With v' = (1 - beta) s',
  # s' = beta / (1 - beta) v + g^2 and k = sqrt((1 - beta) / c), d is k (sqrt(s') + eps / k), which is
  # an AdaGrad step of a scratch weight of zero: it leaves -g / (sqrt(s') + eps / k). Pieces stay in
  # the cache. Also returns sum g^2.
  def rms_trace(self: __torch__.S,
    grads: List[Tensor],
    b: List[Tensor],
    x: List[float]) -> Tuple[float, float]:
    piece = 400000
    rest = torch.sub(1., x[12])
    k = torch.sqrt(torch.div(rest, torch.sub(1., torch.pow(x[12], x[14]))))
    flat = torch.view(grads[0], [-1])
    w = torch.new_empty(flat, [piece])
    u = torch.new_empty(flat, [piece])
    steps = torch.unbind(torch.full([1], 1., dtype=6, layout=None, device=torch.device("cpu"), pin_memory=None))
    trace = 0.
    square = 0.
    for i in range(torch.len(grads)):
      gs = torch.split(torch.view(grads[i], [-1]), piece)
      vs = torch.split(torch.view(b[i], [-1]), piece)
      for j in range(torch.len(gs)):
        g = gs[j]
        n = torch.numel(g)
        w0 = torch.zero_(torch.slice(w, 0, 0, n))
        u0 = torch.mul(vs[j], torch.div(x[12], rest), out=torch.slice(u, 0, 0, n))
        torch._fused_adagrad_(torch.split(w0, piece), torch.split(g, piece), torch.split(u0, piece), steps, lr=1., lr_decay=0., weight_decay=0., eps=torch.div(x[13], k), maximize=False)
        trace = torch.sub(trace, float(torch.dot(w0, g)))
        square = torch.add(square, float(torch.dot(g, g)))
    return (torch.div(trace, k), square)
  def rms(self: __torch__.S,
    params: List[Tensor],
    grads: List[Tensor],
    a: List[Tensor],
    b: List[Tensor],
    x: List[float]) -> List[float]:
    # With nothing to rescale or clip, one pass over the gradients gives trace and norm.
    single = torch.__and__(torch.eq(x[0], 1.), torch.gt(x[1], 1.7976931348623157e+308))
    if single:
      out = (self).check(params, grads, 0., x[1], )
    else:
      out = (self).begin(params, grads, x, )
    trace = 0.
    if torch.eq(out[0], 1.):
      trace0, square, = (self).rms_trace(grads, b, x, )
      trace = trace0
      if single:
        out = (self).check(params, grads, torch.sqrt(square), x[1], )
      else:
        pass
    else:
      pass
    if torch.eq(out[0], 1.):
      out0 = (self).metric(out[1], trace, x, )
    else:
      out0 = out
    if torch.eq(out0[0], 1.):
      _0 = (self).decay(params, x, )
      _1 = (self).adamw(params, grads, a, b, x[14], torch.mul(x[2], out0[3]), x[5], x[12], 0., x[13], )
      torch._foreach_zero_(grads)
    else:
      pass
    return out0
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
  # The first weights are matrices, with momentum in a and, from x[10] on, what multiplies their
  # updates; the others have Adam's state in a and b.
  def muon(self: __torch__.S,
    params: List[Tensor],
    grads: List[Tensor],
    a: List[Tensor],
    b: List[Tensor],
    x: List[float]) -> List[float]:
    out = (self).begin(params, grads, x, )
    if torch.eq(out[0], 1.):
      _0 = (self).decay(params, x, )
      matrices = torch.sub(torch.len(x), 10)
      for i in range(matrices):
        m = torch.lerp_(a[i], grads[i], torch.sub(1., x[5]))
        mean = (self).nesterov(m, grads[i], x[5], x[9], )
        rate = torch.mul(x[2], x[torch.add(10, i)])
        _1 = torch.sub_(params[i], (self).orthogonal(mean, x[8], ), alpha=rate)
      for k in range(torch.sub(torch.len(params), matrices)):
        n = torch.add(matrices, k)
        g = grads[n]
        m0 = torch.lerp_(a[n], g, torch.sub(1., x[6]))
        v = torch.addcmul_(torch.mul_(b[k], x[7]), g, g, value=torch.sub(1., x[7]))
        d = torch.add_(torch.sqrt_(torch.div(v, torch.sub(1., torch.pow(x[7], x[9])))), x[8])
        mean0 = (self).nesterov(m0, g, x[6], x[9], )
        _2 = torch.addcdiv_(params[n], mean0, d, value=torch.neg(x[2]))
      torch._foreach_zero_(grads)
    else:
      pass
    return out
