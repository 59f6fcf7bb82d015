"""Whether bfloat16 is worth using on this processor: the time of a matrix product in it over that in
float32, the least of some of each in turn.

Prints one line of JSON.
"""
import json
import time

import torch

SIZE, TRIES = 512, 15


def milliseconds(matrix):
    begin = time.perf_counter()
    torch.mm(matrix, matrix)
    return 1e3 * (time.perf_counter() - begin)


def main():
    float32 = torch.ones(SIZE, SIZE)
    bfloat16 = float32.bfloat16()
    times = [(milliseconds(bfloat16), milliseconds(float32)) for _ in range(TRIES)]
    half, single = (min(column) for column in zip(*times))
    print(json.dumps({"bf16_ms": half, "fp32_ms": single, "slowdown": half / single}))


main()
