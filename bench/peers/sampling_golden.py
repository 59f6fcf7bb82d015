"""Writes what transformers' own chain of logits processors makes of random logits.

    sampling_golden.py > transformer-train/src/test/resources/golden/sampling.json

The chain, its order included, is the one that generate() builds. Not in CI.
"""
import json

import torch
import transformers
from transformers import GPT2Config, GPT2LMHeadModel, GenerationConfig

VOCABULARY = 16
SETTINGS = [
    {"temperature": 0.7},
    {"top_k": 5},
    {"top_p": 0.8},
    {"top_p": 0.05},
    {"min_p": 0.2},
    {"min_p": 1.0},
    {"repetition_penalty": 1.3},
    {"repetition_penalty": 0.8, "temperature": 1.5},
    {"temperature": 0.5, "top_k": 9, "top_p": 0.9},
    {"temperature": 2.0, "top_k": 12, "top_p": 0.7, "min_p": 0.3},
    {"temperature": 1.4, "top_p": 0.95, "min_p": 0.1, "repetition_penalty": 1.2},
    {"temperature": 0.9, "top_k": 7, "top_p": 0.6, "min_p": 0.15, "repetition_penalty": 2.0},
]


def main():
    torch.manual_seed(1)
    model = GPT2LMHeadModel(
        GPT2Config(vocab_size=VOCABULARY, n_positions=32, n_embd=8, n_layer=1, n_head=1)
    )
    cases = []
    for settings in SETTINGS:
        ids = torch.randint(VOCABULARY, (1, 6))
        logits = 3 * torch.randn(1, VOCABULARY)
        config = GenerationConfig(do_sample=True, **settings)
        chain = model._get_logits_processor(
            generation_config=config, input_ids_seq_length=ids.shape[1]
        )
        probabilities = chain(ids, logits).softmax(-1)
        cases.append(
            {
                "settings": settings,
                "chain": [type(p).__name__ for p in chain],
                "seen": ids[0].tolist(),
                "logits": logits[0].tolist(),
                "probabilities": probabilities[0].tolist(),
            }
        )
    document = {"transformers": transformers.__version__, "cases": cases}
    print(json.dumps(document, indent=1).replace("\n    ", " ").replace("\n   ]", " ]"))


if __name__ == "__main__":
    main()
