"""Training steps of transformers' Llama, timed: the twin of GptStepBench on its Llamas.

Prints one line of JSON, as gpt_step.py does.
"""
import argparse

import torch
from timing import measure, report
from torch.nn import functional as F
from transformers import LlamaConfig, LlamaForCausalLM

VOCABULARY = 65


def llama(args):
    torch.manual_seed(0)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=VOCABULARY,
            hidden_size=args.width,
            intermediate_size=args.inner,
            num_hidden_layers=args.layers,
            num_attention_heads=args.heads,
            num_key_value_heads=args.kv_heads,
            max_position_embeddings=args.context,
            tie_word_embeddings=True,
            attn_implementation="sdpa",
        )
    )


def arguments(names):
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("layers", "heads", "kv-heads", "width", "inner", "context", *names):
        parser.add_argument("--" + name, type=int, required=True)
    return parser


def main():
    parser = arguments(("batch", "steps"))
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--mode", choices=("fp32", "bf16"), required=True)
    args = parser.parse_args()
    model = llama(args)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    shape = (args.batch, args.context)

    def step():
        inputs, targets = torch.randint(0, VOCABULARY, shape), torch.randint(0, VOCABULARY, shape)
        with torch.autocast("cpu", torch.bfloat16, enabled=args.mode == "bf16"):
            logits = model(input_ids=inputs, use_cache=False).logits
            loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        loss.item()

    report(measure(step, args.steps, args.seconds))


if __name__ == "__main__":
    main()
