"""Greedy decoding with transformers' generate and its cache, timed: the twin of SampleBench.

Prints one line of JSON: tokens a second, the median of some runs.
"""
import json
import statistics
import time

import torch
from llama_step import arguments, llama


def main():
    args = arguments(("tokens", "runs")).parse_args()
    model = llama(args).eval()
    prompt = torch.zeros((1, 1), dtype=torch.long)
    rates = []
    with torch.inference_mode():
        for _ in range(args.runs + 1):
            begin = time.perf_counter()
            out = model.generate(
                prompt,
                attention_mask=torch.ones_like(prompt),
                max_new_tokens=args.tokens,
                min_new_tokens=args.tokens,
                do_sample=False,
                pad_token_id=0,
            )
            rates.append((out.shape[1] - 1) / (time.perf_counter() - begin))
    print(json.dumps({"tokens_per_second": statistics.median(rates[1:]), "runs": args.runs}))


main()
