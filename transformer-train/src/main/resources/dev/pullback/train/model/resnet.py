# ResNet-18 for small images, in the strict form of Python that TorchScript archives hold.
#
# Its options: training, bfloat16. Its weights: as the block lists them, five for every unit of a
# convolution and its batch norm (kernel, scale, shift, running mean, running variance), then the
# head's two. Images and what passes between layers lie channels last. Batch norms keep float32
# statistics whatever their input, and the head computes in the weights' own type.
class S(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  _is_full_backward_hook : Optional[bool]
  # A 1x1 convolution of stride 2, as a linear layer: libtorch 2.7.1's float32 convolution is wrong for
  # 256 to 512 channels that lie last.
  def project(self: __torch__.S,
    x: Tensor,
    kernel: Tensor) -> Tensor:
    rows = torch.slice(x, 2, 0, torch.size(x, 2), 2)
    places = torch.slice(rows, 3, 0, torch.size(x, 3), 2)
    flat = torch.contiguous(torch.permute(places, [0, 2, 3, 1]))
    return torch.permute(torch.linear(flat, torch.flatten(kernel, 1)), [0, 3, 1, 2])
  # A 3x3 convolution as a linear layer of what each place sees, for the shapes where oneDNN's
  # threads share a bfloat16 kernel's gradient: they wait for each other without yielding, which
  # takes 0.5 s in place of 10 ms as soon as anything else runs on the machine.
  def unfold(self: __torch__.S,
    x: Tensor,
    kernel: Tensor,
    stride: int) -> Tensor:
    padded = torch.constant_pad_nd(torch.permute(x, [0, 2, 3, 1]), [0, 0, 1, 1, 1, 1], 0)
    seen = annotate(List[Tensor], [])
    for row in range(3):
      rows = torch.slice(padded, 1, row, torch.add(row, torch.size(x, 2)), stride)
      for column in range(3):
        _0 = torch.append(seen, torch.slice(rows, 2, column, torch.add(column, torch.size(x, 3)), stride))
    flat = torch.reshape(torch.permute(kernel, [0, 2, 3, 1]), [torch.size(kernel, 0), -1])
    return torch.permute(torch.linear(torch.cat(seen, 3), flat), [0, 3, 1, 2])
  def convolve(self: __torch__.S,
    x: Tensor,
    kernel: Tensor,
    stride: int,
    half: bool) -> Tensor:
    if half:
      k = torch.to(kernel, 15)
      if torch.eq(stride, 1):
        waits = torch.__or__(torch.le(torch.size(x, 3), 4), torch.lt(torch.size(x, 1), 16))
      else:
        waits = True
    else:
      k = kernel
      waits = False
    if torch.eq(torch.size(k, 2), 1):
      y = (self).project(x, k, )
    else:
      if waits:
        y = (self).unfold(x, k, stride, )
      else:
        y = torch.conv2d(x, k, None, [stride, stride], [1, 1])
    return y
  # A convolution and its batch norm; u counts units.
  def unit(self: __torch__.S,
    x: Tensor,
    weights: List[Tensor],
    u: int,
    stride: int,
    options: List[int]) -> Tensor:
    i = torch.mul(5, u)
    y = (self).convolve(x, weights[i], stride, torch.ne(options[1], 0), )
    return torch.batch_norm(y, weights[torch.add(i, 1)], weights[torch.add(i, 2)], weights[torch.add(i, 3)], weights[torch.add(i, 4)], torch.ne(options[0], 0), 0.10000000000000001, 1.0000000000000001e-05, False)
  # inputs: images (batch, 3, height, width), float32; options, int64. Returns (batch, classes).
  def forward(self: __torch__.S,
    inputs: List[Tensor],
    weights: List[Tensor]) -> Tensor:
    options = annotate(List[int], torch.cpu(inputs[1]).tolist())
    images = torch.contiguous(inputs[0], memory_format=2)
    if torch.ne(options[1], 0):
      input = torch.to(images, 15)
    else:
      input = images
    x = torch.relu_((self).unit(input, weights, 0, 1, options, ))
    u = 1
    for block in range(8):
      first = weights[torch.mul(5, u)]
      if torch.ne(torch.size(first, 0), torch.size(first, 1)):
        stride = 2
        skip = (self).unit(x, weights, torch.add(u, 2), 2, options, )
        next = torch.add(u, 3)
      else:
        stride = 1
        skip = x
        next = torch.add(u, 2)
      y = torch.relu_((self).unit(x, weights, u, stride, options, ))
      z = (self).unit(y, weights, torch.add(u, 1), 1, options, )
      x = torch.relu_(torch.add_(z, skip))
      u = next
    i = torch.mul(5, u)
    pooled = torch.mean(torch.to(x, 6), [2, 3])
    return torch.linear(pooled, weights[i], weights[torch.add(i, 1)])
