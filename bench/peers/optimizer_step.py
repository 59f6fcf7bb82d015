"""Optimiser steps in PyTorch on 20 million float32 parameters in 50 tensors: the twin of OptimizerStepBench.

Prints one line of JSON: the median, least and greatest milliseconds of a step by name. "sgd_rms eager" is the
induced-metric rule as a PyTorch user would write it, one tensor operation after another.
"""
import json

import torch
from timing import measure, summary

TENSORS, ROWS, COLUMNS = 50, 400, 1000
STEPS, SECONDS = 50, 5


class SgdRms(torch.optim.Optimizer):
    def __init__(self, params):
        super().__init__(params, dict(lr=0.1, xi=0.1, beta=0.8, momentum=0.9, beta_rms=0.99, eps=1e-8))
        self.count = 0
        self.average = 0.0

    @torch.no_grad()
    def step(self):
        group = self.param_groups[0]
        beta, beta_rms, momentum = group["beta"], group["beta_rms"], group["momentum"]
        self.count += 1
        trace = torch.zeros(())
        for p in group["params"]:
            state = self.state[p]
            if not state:
                state["m"] = torch.zeros_like(p)
                state["v"] = torch.zeros_like(p)
            state["v"] = beta_rms * state["v"] + (1 - beta_rms) * p.grad * p.grad
            state["d"] = torch.sqrt(state["v"] / (1 - beta_rms**self.count)) + group["eps"]
            trace = trace + torch.sum(p.grad * p.grad / state["d"])
        self.average = beta * self.average + (1 - beta) * group["xi"] * trace.item()
        scale = 1 / (1 + self.average / (1 - beta**self.count))
        rate = group["lr"] * scale / (1 - momentum**self.count)
        for p in group["params"]:
            state = self.state[p]
            state["m"] = momentum * state["m"] + (1 - momentum) * p.grad
            p -= rate * state["m"] / state["d"]


def parameters():
    made = [torch.nn.Parameter(torch.randn(ROWS, COLUMNS)) for _ in range(TENSORS)]
    for p in made:
        p.grad = torch.randn(ROWS, COLUMNS)
    return made


def main():
    optimizers = {
        "AdamW fused": lambda p: torch.optim.AdamW(p, fused=True),
        "AdamW foreach": lambda p: torch.optim.AdamW(p, foreach=True),
        "sgd_rms eager": SgdRms,
    }
    times = {}
    for name, make in optimizers.items():
        times[name] = summary(measure(make(parameters()).step, STEPS, SECONDS))
    print(json.dumps(times))


main()
