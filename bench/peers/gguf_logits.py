"""Loads a GGUF and a folder that 'pullback export' wrote of the same run, and compares them.

    gguf_logits.py FOLDER FILE.gguf

Reads the file with ggml's package gguf and with transformers, which turn its names and the order of
its rows back by themselves. Fails unless every weight is the same to the last bit and logits and
tokens are equal. Not in CI; llama.cpp itself is not run.
"""
import json
import os
import sys

import gguf
import torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM


def main():
    folder, file = sys.argv[1:]
    reader = gguf.GGUFReader(file)
    tokens = reader.fields["tokenizer.ggml.tokens"].contents()
    tokenizer = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
    words = [tokenizer.id_to_token(i) for i in range(tokenizer.get_vocab_size())]
    ours = AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager").eval()
    theirs = AutoModelForCausalLM.from_pretrained(
        os.path.dirname(file) or ".",
        gguf_file=os.path.basename(file),
        attn_implementation="eager",
        dtype=torch.float32,
    ).eval()
    weights, others = ours.state_dict(), theirs.state_dict()
    ids = torch.randint(0, len(tokens), (1, 48), generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        equal = torch.equal(ours(ids).logits, theirs(ids).logits)
    result = {
        "architecture": reader.fields["general.architecture"].contents(),
        "model": type(theirs).__name__,
        "tensors": len(reader.tensors),
        "types": sorted({tensor.tensor_type.name for tensor in reader.tensors}),
        "aligned": all(tensor.data_offset % 32 == 0 for tensor in reader.tensors),
        "weights": weights.keys() == others.keys() and all(torch.equal(weights[n], others[n]) for n in weights),
        "logits": equal,
        "tokens": tokens[: len(words)] == words,
    }
    print(json.dumps(result))
    if not all(result[key] for key in ("aligned", "weights", "logits", "tokens")):
        sys.exit(1)


main()
