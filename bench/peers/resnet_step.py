"""Training steps of ResNet-18 on images of 32 by 32 in PyTorch, timed: the twin of ResNetStepBench.

Prints one line of JSON: the median, least and greatest milliseconds of a step, and the peak of the
process' memory in kB.
"""
import argparse

import torch
from timing import measure, report
from torch import nn
from torch.nn import functional as F

CLASSES = 10
WIDTHS = (64, 128, 256, 512)


def unit(fan_in, fan_out, size, stride):
    conv = nn.Conv2d(fan_in, fan_out, size, stride, size // 2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(fan_out))


class BasicBlock(nn.Module):
    def __init__(self, fan_in, fan_out, stride):
        super().__init__()
        self.first = unit(fan_in, fan_out, 3, stride)
        self.second = unit(fan_out, fan_out, 3, 1)
        self.down = unit(fan_in, fan_out, 1, stride) if stride > 1 else nn.Identity()

    def forward(self, x):
        return F.relu(self.second(F.relu(self.first(x))) + self.down(x))


class ResNet18(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = unit(3, WIDTHS[0], 3, 1)
        before = (WIDTHS[0],) + WIDTHS[:-1]
        self.blocks = nn.Sequential(
            *(
                block
                for fan_in, fan_out in zip(before, WIDTHS)
                for block in (
                    BasicBlock(fan_in, fan_out, 1 if fan_in == fan_out else 2),
                    BasicBlock(fan_out, fan_out, 1),
                )
            )
        )
        self.head = nn.Linear(WIDTHS[-1], CLASSES)

    def forward(self, images):
        return self.head(self.blocks(F.relu(self.stem(images))).mean((2, 3)))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--mode", choices=("fp32", "bf16"), required=True)
    parser.add_argument("--channels-last", action="store_true")
    args = parser.parse_args()
    layout = torch.channels_last if args.channels_last else torch.contiguous_format
    torch.manual_seed(0)
    model = ResNet18().to(memory_format=layout)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)

    def step():
        images = torch.rand(args.batch, 3, 32, 32).contiguous(memory_format=layout)
        labels = torch.randint(0, CLASSES, (args.batch,))
        with torch.autocast("cpu", torch.bfloat16, enabled=args.mode == "bf16"):
            loss = F.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        loss.item()

    report(measure(step, args.steps, args.seconds))


main()
