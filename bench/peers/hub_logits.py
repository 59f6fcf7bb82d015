"""Loads what 'pullback export' wrote with transformers, and compares logits and words.

    hub_logits.py RUN FOLDER benchmarks.jar

RUN is the run, FOLDER its export. Fails if transformers warns, if logits differ by more than 5e-5
(relative to the largest), or if the tokenizer does not give the text back. Not in CI.
"""
import json
import logging
import random
import subprocess
import sys
import warnings

import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer

TOLERANCE = 5e-5


class Complaints(logging.Handler):
    def __init__(self):
        super().__init__(logging.WARNING)
        self.messages = []

    def emit(self, record):
        self.messages.append(record.getMessage())


def main():
    run, folder, jar = sys.argv[1:]
    complaints = Complaints()
    transformers.utils.logging.get_logger("transformers").addHandler(complaints)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager").eval()
        tokenizer = AutoTokenizer.from_pretrained(folder)
    messages = complaints.messages + [str(w.message) for w in caught]
    length = min(48, model.config.max_position_embeddings)
    random.seed(1)
    ids = [random.randrange(len(tokenizer)) for _ in range(length)]
    command = ["java", "-cp", jar, "dev.pullback.bench.RunLogits", run, *map(str, ids)]
    theirs = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    with torch.inference_mode():
        ours = model(torch.tensor([ids])).logits[0]
    theirs = torch.tensor(theirs["logits"])
    difference = ((ours - theirs).abs().max() / ours.abs().max().clamp(min=1)).item()
    text = tokenizer.decode(ids[: length // 2])
    if tokenizer.backend_tokenizer.normalizer:
        text = tokenizer.backend_tokenizer.normalizer.normalize_str(text)
    again = tokenizer.decode(tokenizer(text, add_special_tokens=False)["input_ids"])
    print(
        json.dumps(
            {
                "model": type(model).__name__,
                "logits": list(ours.shape),
                "difference": difference,
                "warnings": messages,
                "text": again == text,
            }
        )
    )
    if messages or not difference <= TOLERANCE or again != text:
        sys.exit(1)


main()
