# A Llama, in the strict form of Python that TorchScript archives hold.
#
# The shape of a model: layers, heads, heads of keys and values, tied head, biases of queries, keys
# and values, bfloat16 linear layers, how many tokens a position sees. Its rates: epsilon of the
# norms. Cosines and sines of the tokens' positions: (time, a head's width). Its weights: as the block
# lists them. The head and the attention compute in the weights' own type, the gate of the MLP
# in that of the layers around it.
class S(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  _is_full_backward_hook : Optional[bool]
  def linear(self: __torch__.S,
    x: Tensor,
    weight: Tensor,
    half: bool) -> Tensor:
    if half:
      y = torch.to(torch.linear(torch.to(x, 15), torch.to(weight, 15), None), 6)
    else:
      y = torch.linear(x, weight, None)
    return y
  # (batch, time, width) to (batch, heads, time, head width).
  def heads(self: __torch__.S,
    x: Tensor,
    heads: int) -> Tensor:
    split = torch.view(x, [torch.size(x, 0), torch.size(x, 1), heads, torch.floordiv(torch.size(x, 2), heads)])
    return torch.transpose(split, 1, 2)
  # By the norm, of which the gradient is one product, and not by a mean of squares.
  def norm(self: __torch__.S,
    x: Tensor,
    weight: Tensor,
    eps: float) -> Tensor:
    length = torch.linalg_vector_norm(x, 2, [-1], True, dtype=None)
    square = torch.div(torch.mul(length, length), torch.size(x, 2))
    return torch.mul(torch.mul(x, torch.rsqrt(torch.add(square, eps))), weight)
  # Turns heads by their positions; the sines of the first halves are negative.
  def turn(self: __torch__.S,
    x: Tensor,
    cosines: Tensor,
    sines: Tensor) -> Tensor:
    other = torch.roll(x, [torch.floordiv(torch.size(x, 3), 2)], [3])
    return torch.addcmul(torch.mul(x, cosines), other, sines)
  # The norm before attention, and queries, keys and values, each (batch, heads, time, head width).
  def before(self: __torch__.S,
    x: Tensor,
    inputs: List[Tensor],
    weights: List[Tensor],
    layer: int,
    shape: List[int],
    eps: float) -> List[Tensor]:
    stride = torch.add(1, shape[4])
    i = torch.add(1, torch.mul(torch.add(6, torch.mul(3, stride)), layer))
    half = torch.ne(shape[5], 0)
    h = (self).norm(x, weights[i], eps, )
    if half:
      z = torch.to(h, 15)
    else:
      z = h
    parts = annotate(List[Tensor], [])
    for n in range(3):
      j = torch.add(torch.add(i, 1), torch.mul(n, stride))
      if half:
        y = torch.to(torch.linear(z, torch.to(weights[j], 15), None), 6)
      else:
        y = torch.linear(z, weights[j], None)
      if torch.ne(shape[4], 0):
        y0 = torch.add(y, weights[torch.add(j, 1)])
      else:
        y0 = y
      if torch.eq(n, 0):
        heads = shape[1]
      else:
        heads = shape[2]
      y1 = (self).heads(y0, heads, )
      if torch.lt(n, 2):
        y2 = (self).turn(y1, inputs[3], inputs[4], )
      else:
        y2 = y1
      _0 = torch.append(parts, y2)
    return parts
  # The rest of a layer, from what its heads have mixed: (batch, heads, time, head width).
  def after(self: __torch__.S,
    x: Tensor,
    mixed: Tensor,
    weights: List[Tensor],
    layer: int,
    shape: List[int],
    eps: float) -> Tensor:
    half = torch.ne(shape[5], 0)
    stride = torch.mul(3, torch.add(1, shape[4]))
    i = torch.add(torch.add(2, stride), torch.mul(torch.add(6, stride), layer))
    joined = torch.reshape(torch.transpose(mixed, 1, 2), [torch.size(x, 0), torch.size(x, 1), torch.mul(torch.size(mixed, 1), torch.size(mixed, 3))])
    y = torch.add(x, (self).linear(joined, weights[i], half, ))
    h = (self).norm(y, weights[torch.add(i, 1)], eps, )
    gate = weights[torch.add(i, 2)]
    up = weights[torch.add(i, 3)]
    down = weights[torch.add(i, 4)]
    if half:
      h0 = torch.to(h, 15)
      hidden = torch.mul(torch.silu(torch.linear(h0, torch.to(gate, 15), None)), torch.linear(h0, torch.to(up, 15), None))
      z = torch.to(torch.linear(hidden, torch.to(down, 15), None), 6)
    else:
      hidden0 = torch.mul(torch.silu(torch.linear(h, gate, None)), torch.linear(h, up, None))
      z = torch.linear(hidden0, down, None)
    return torch.add(y, z)
  def logits(self: __torch__.S,
    x: Tensor,
    weights: List[Tensor],
    shape: List[int],
    eps: float) -> Tensor:
    i = torch.add(1, torch.mul(torch.add(6, torch.mul(3, torch.add(1, shape[4]))), shape[0]))
    h = (self).norm(x, weights[i], eps, )
    if torch.ne(shape[3], 0):
      head = weights[0]
    else:
      head = weights[torch.add(i, 1)]
    return torch.linear(h, head, None)
  # Gives each head of queries its own copy of the keys or values that it shares.
  def spread(self: __torch__.S,
    x: Tensor,
    heads: int) -> Tensor:
    shared = torch.floordiv(heads, torch.size(x, 1))
    if torch.gt(shared, 1):
      size = [torch.size(x, 0), torch.size(x, 1), shared, torch.size(x, 2), torch.size(x, 3)]
      y = torch.reshape(torch.expand(torch.unsqueeze(x, 2), size), [torch.size(x, 0), heads, torch.size(x, 2), torch.size(x, 3)])
    else:
      y = x
    return y
  # inputs: tokens (batch, time), int64; shape, int64; rates, float64; cosines; sines. Returns (batch,
  # time, vocabulary).
  def forward(self: __torch__.S,
    inputs: List[Tensor],
    weights: List[Tensor]) -> Tensor:
    shape = annotate(List[int], torch.cpu(inputs[1]).tolist())
    rates = annotate(List[float], torch.cpu(inputs[2]).tolist())
    eps = rates[0]
    time = torch.size(inputs[0], 1)
    if torch.gt(time, shape[6]):
      all = torch.ones([time, time], dtype=11, layout=None, device=ops.prim.device(inputs[0]), pin_memory=None)
      mask = annotate(Optional[Tensor], torch.triu(torch.tril(all, 0), torch.sub(1, shape[6])))
    else:
      mask = annotate(Optional[Tensor], None)
    x = torch.embedding(weights[0], inputs[0])
    for layer in range(shape[0]):
      q, k, v, = (self).before(x, inputs, weights, layer, shape, eps, )
      mixed = torch.scaled_dot_product_attention(q, (self).spread(k, shape[1], ), (self).spread(v, shape[1], ), mask, 0., torch.__is__(mask, None))
      x = (self).after(x, mixed, weights, layer, shape, eps, )
    return (self).logits(x, weights, shape, eps, )
  # Continues from a position on, whose keys and values so far the caches hold; each is (batch, heads
  # of keys and values, slots, head width). A token that finds no free slot takes that of the oldest;
  # it must then be alone in its sequence. Returns the logits after the last tokens, sequence by
  # sequence.
  def decode(self: __torch__.S,
    inputs: List[Tensor],
    weights: List[Tensor],
    keys: List[Tensor],
    values: List[Tensor],
    start: int) -> List[float]:
    shape = annotate(List[int], torch.cpu(inputs[1]).tolist())
    rates = annotate(List[float], torch.cpu(inputs[2]).tolist())
    eps = rates[0]
    count = torch.size(inputs[0], 1)
    slots = torch.size(keys[0], 2)
    full = torch.gt(torch.add(start, count), slots)
    if full:
      first = torch.remainder(start, slots)
      end = slots
    else:
      first = start
      end = torch.add(start, count)
    ones = torch.ones([count, end], dtype=11, layout=None, device=ops.prim.device(inputs[0]), pin_memory=None)
    mask = torch.tril(ones, torch.sub(end, count))
    x = torch.embedding(weights[0], inputs[0])
    for layer in range(shape[0]):
      q, k, v, = (self).before(x, inputs, weights, layer, shape, eps, )
      _0 = torch.copy_(torch.slice(keys[layer], 2, first, torch.add(first, count)), k)
      _1 = torch.copy_(torch.slice(values[layer], 2, first, torch.add(first, count)), v)
      known = (self).spread(torch.slice(keys[layer], 2, 0, end), shape[1], )
      worth = (self).spread(torch.slice(values[layer], 2, 0, end), shape[1], )
      mixed = torch.scaled_dot_product_attention(q, known, worth, mask, 0., False)
      x = (self).after(x, mixed, weights, layer, shape, eps, )
    last = torch.slice(x, 1, torch.sub(count, 1), count)
    y = torch.reshape((self).logits(last, weights, shape, eps, ), [-1])
    return annotate(List[float], torch.cpu(torch.to(y, 7)).tolist())
