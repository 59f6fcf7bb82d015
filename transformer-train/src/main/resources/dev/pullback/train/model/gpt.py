# A GPT, in the strict form of Python that TorchScript archives hold.
#
# The shape of a model: layers, heads, tied head, biases, tanh GELU, bfloat16 linear layers. Its
# rates: dropout, epsilon of the layer norms. Its weights: as the block lists them. The head and the
# attention compute in the weights' own type, the GELU in that of the layers around it.
class S(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  _is_full_backward_hook : Optional[bool]
  def short(self: __torch__.S,
    bias: Optional[Tensor]) -> Optional[Tensor]:
    if torch.__is__(bias, None):
      short = annotate(Optional[Tensor], None)
    else:
      short = annotate(Optional[Tensor], torch.to(unchecked_cast(Tensor, bias), 15))
    return short
  def linear(self: __torch__.S,
    x: Tensor,
    weight: Tensor,
    bias: Optional[Tensor],
    half: bool) -> Tensor:
    if half:
      y = torch.to(torch.linear(torch.to(x, 15), torch.to(weight, 15), (self).short(bias, )), 6)
    else:
      y = torch.linear(x, weight, bias)
    return y
  # Zeroes each element with probability p, to 1/65536: a random 16-bit number each, four of them drawn
  # at once, which is several times as fast as one Bernoulli draw each.
  def drop(self: __torch__.S,
    x: Tensor,
    p: float) -> Tensor:
    n = torch.numel(x)
    words = torch.empty([torch.floordiv(torch.add(n, 3), 4)], dtype=4, layout=None, device=ops.prim.device(x), pin_memory=None, memory_format=None)
    bits = torch.view_copy(torch.random_(words, -9223372036854775808, None), dtype=2)
    bound = torch.sub(int(torch.round(torch.mul(p, 65536.))), 32768)
    return torch.mul(x, torch.view(torch.ge(torch.slice(bits, 0, 0, n), bound), torch.size(x)))
  def dropout(self: __torch__.S,
    x: Tensor,
    p: float) -> Tensor:
    if torch.gt(p, 0.):
      y = torch.mul((self).drop(x, p, ), torch.div(1., torch.sub(1., p)))
    else:
      y = x
    return y
  def offset(self: __torch__.S,
    weights: List[Tensor],
    i: int,
    biased: bool) -> Optional[Tensor]:
    if biased:
      bias = annotate(Optional[Tensor], weights[torch.add(i, 1)])
    else:
      bias = annotate(Optional[Tensor], None)
    return bias
  # (batch, time, width) to (batch, heads, time, head width).
  def heads(self: __torch__.S,
    x: Tensor,
    heads: int) -> Tensor:
    split = torch.view(x, [torch.size(x, 0), torch.size(x, 1), heads, torch.floordiv(torch.size(x, 2), heads)])
    return torch.transpose(split, 1, 2)
  # Causal attention; libtorch's own for dropout takes one Bernoulli draw a weight. A quarter of the
  # queries at a time meets the keys up to its own end: five eighths of all weights.
  def attention(self: __torch__.S,
    q: Tensor,
    k: Tensor,
    v: Tensor,
    p: float) -> Tensor:
    if torch.gt(p, 0.):
      time = torch.size(q, 2)
      quarter = torch.floordiv(torch.add(time, 3), 4)
      future = torch.triu(torch.full([time, time], -1.e30, dtype=6, layout=None, device=ops.prim.device(q), pin_memory=None), 1)
      masks = torch.split(future, quarter, 0)
      qs = torch.split(torch.mul(q, torch.div(1., torch.sqrt(torch.size(q, 3)))), quarter, 2)
      ks = torch.split(k, quarter, 2)
      vs = torch.split(v, quarter, 2)
      parts = annotate(List[Tensor], [])
      for i in range(torch.len(qs)):
        end = torch.add(i, 1)
        keys = torch.cat(torch.slice(ks, 0, end, 1), 2)
        values = torch.cat(torch.slice(vs, 0, end, 1), 2)
        mask = torch.slice(masks[i], 1, 0, torch.size(keys, 2))
        weights = torch.softmax(torch.add_(torch.matmul(qs[i], torch.transpose(keys, -2, -1)), mask), -1)
        _0 = torch.append(parts, torch.matmul((self).drop(weights, p, ), values))
      mixed = torch.mul(torch.cat(parts, 2), torch.div(1., torch.sub(1., p)))
    else:
      mixed = torch.scaled_dot_product_attention(q, k, v, None, 0., True)
    return mixed
  # Queries, keys and values of a layer, (batch, time, 3 width).
  def before(self: __torch__.S,
    x: Tensor,
    weights: List[Tensor],
    layer: int,
    shape: List[int],
    rates: List[float]) -> Tensor:
    biased = torch.ne(shape[3], 0)
    stride = torch.add(1, shape[3])
    i = torch.add(2, torch.mul(torch.mul(6, layer), stride))
    h = torch.layer_norm(x, [torch.size(x, 2)], weights[i], (self).offset(weights, i, biased, ), rates[1])
    j = torch.add(i, stride)
    return (self).linear(h, weights[j], (self).offset(weights, j, biased, ), torch.ne(shape[5], 0), )
  # The rest of a layer, from what its heads have mixed: (batch, heads, time, head width).
  def after(self: __torch__.S,
    x: Tensor,
    mixed: Tensor,
    weights: List[Tensor],
    layer: int,
    shape: List[int],
    rates: List[float]) -> Tensor:
    biased = torch.ne(shape[3], 0)
    half = torch.ne(shape[5], 0)
    stride = torch.add(1, shape[3])
    i = torch.add(2, torch.mul(torch.add(torch.mul(6, layer), 2), stride))
    joined = torch.reshape(torch.transpose(mixed, 1, 2), torch.size(x))
    y = torch.add(x, (self).dropout((self).linear(joined, weights[i], (self).offset(weights, i, biased, ), half, ), rates[0], ))
    i0 = torch.add(i, stride)
    h = torch.layer_norm(y, [torch.size(x, 2)], weights[i0], (self).offset(weights, i0, biased, ), rates[1])
    i1 = torch.add(i0, stride)
    if torch.ne(shape[4], 0):
      approximate = "tanh"
    else:
      approximate = "none"
    i2 = torch.add(i1, stride)
    if half:
      u = torch.linear(torch.to(h, 15), torch.to(weights[i1], 15), (self).short((self).offset(weights, i1, biased, ), ))
      z = torch.to(torch.linear(torch.gelu(u, approximate=approximate), torch.to(weights[i2], 15), (self).short((self).offset(weights, i2, biased, ), )), 6)
    else:
      hidden = torch.gelu(torch.linear(h, weights[i1], (self).offset(weights, i1, biased, )), approximate=approximate)
      z = torch.linear(hidden, weights[i2], (self).offset(weights, i2, biased, ))
    return torch.add(y, (self).dropout(z, rates[0], ))
  def logits(self: __torch__.S,
    x: Tensor,
    weights: List[Tensor],
    shape: List[int],
    rates: List[float]) -> Tensor:
    biased = torch.ne(shape[3], 0)
    stride = torch.add(1, shape[3])
    i = torch.add(2, torch.mul(torch.mul(6, shape[0]), stride))
    h = torch.layer_norm(x, [torch.size(x, 2)], weights[i], (self).offset(weights, i, biased, ), rates[1])
    if torch.ne(shape[2], 0):
      y = torch.linear(h, weights[0], None)
    else:
      j = torch.add(i, stride)
      y = torch.linear(h, weights[j], (self).offset(weights, j, biased, ))
    return y
  def embed(self: __torch__.S,
    tokens: Tensor,
    weights: List[Tensor],
    start: int) -> Tensor:
    positions = torch.slice(weights[1], 0, start, torch.add(start, torch.size(tokens, 1)))
    return torch.add(torch.embedding(weights[0], tokens), positions)
  # inputs: tokens (batch, time), int64; shape, int64; rates, float64. Returns (batch, time, vocabulary).
  def forward(self: __torch__.S,
    inputs: List[Tensor],
    weights: List[Tensor]) -> Tensor:
    shape = annotate(List[int], torch.cpu(inputs[1]).tolist())
    rates = annotate(List[float], torch.cpu(inputs[2]).tolist())
    x = (self).dropout((self).embed(inputs[0], weights, 0, ), rates[0], )
    for layer in range(shape[0]):
      q, k, v, = torch.split((self).before(x, weights, layer, shape, rates, ), torch.size(x, 2), 2)
      mixed = (self).attention((self).heads(q, shape[1], ), (self).heads(k, shape[1], ), (self).heads(v, shape[1], ), rates[0], )
      x = (self).after(x, mixed, weights, layer, shape, rates, )
    return (self).logits(x, weights, shape, rates, )
  # Continues from a position on, whose keys and values so far the caches hold; each is (batch,
  # heads, slots, head width). Returns the logits after the last tokens, sequence by sequence.
  def decode(self: __torch__.S,
    inputs: List[Tensor],
    weights: List[Tensor],
    keys: List[Tensor],
    values: List[Tensor],
    start: int) -> List[float]:
    shape = annotate(List[int], torch.cpu(inputs[1]).tolist())
    rates = annotate(List[float], torch.cpu(inputs[2]).tolist())
    count = torch.size(inputs[0], 1)
    end = torch.add(start, count)
    mask = torch.tril(torch.ones([count, end], dtype=11, layout=None, device=ops.prim.device(inputs[0]), pin_memory=None), start)
    x = (self).embed(inputs[0], weights, start, )
    for layer in range(shape[0]):
      q, k, v, = torch.split((self).before(x, weights, layer, shape, rates, ), torch.size(x, 2), 2)
      _0 = torch.copy_(torch.slice(keys[layer], 2, start, end), (self).heads(k, shape[1], ))
      _1 = torch.copy_(torch.slice(values[layer], 2, start, end), (self).heads(v, shape[1], ))
      mixed = torch.scaled_dot_product_attention((self).heads(q, shape[1], ), torch.slice(keys[layer], 2, 0, end), torch.slice(values[layer], 2, 0, end), mask, 0., False)
      x = (self).after(x, mixed, weights, layer, shape, rates, )
    last = torch.slice(x, 1, torch.sub(count, 1), count)
    y = torch.reshape((self).logits(last, weights, shape, rates, ), [-1])
    return annotate(List[float], torch.cpu(torch.to(y, 7)).tolist())
