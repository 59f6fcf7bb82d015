"""Byte-level BPE in Hugging Face's tokenizers, in tiktoken and here: the same work, a fresh process each, in turn.

    bpe_times.py sources OUT [FOLDER...]      writes the first 50,000,000 bytes of the sources below the folders
    bpe_times.py run TEXT CLASSPATH [RUNS]    prints a table; CLASSPATH is that of dev.pullback.tokenizer.BpeTimes

Training: 8,192 entries, GPT-2 split, no minimum frequency, from a file, line by line. Encoding: with what was trained
here, read from its tokenizer.json by all three; the first 10 MB, as documents of 20,000 characters. Reading texts and
loading models is outside, except in training. Of a process the first pass is given, and the median of those after it
within some seconds, since Java compiles while it runs. Memory is the peak of the process, text and results included.
"""
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

SOURCES = ["/usr/share/common-licenses", "/usr/lib/python3", "/usr/lib/python3.11", "/usr/include"]
ENDINGS = (".py", ".h", ".hpp", ".java")
SOURCE_BYTES = 50_000_000
ENCODED = 10_000_000
DOCUMENT = 20_000
VOCABULARY = 8192
SECONDS = 8


def sources(out, folders):
    paths = []
    for folder in folders or SOURCES:
        for place, _, names in os.walk(folder):
            paths += [os.path.join(place, name) for name in names if name.endswith(ENDINGS) or "licenses" in place]
    size = 0
    with open(out, "wb") as file:
        for path in sorted(paths):
            try:
                text = open(path, encoding="utf-8", newline="").read().encode()
            except (UnicodeDecodeError, OSError):
                continue
            size += file.write(text[: SOURCE_BYTES - size])
            if size == SOURCE_BYTES:
                break
    print(size)


def documents(path):
    text = open(path, "rb").read()[:ENCODED].decode("utf-8", "ignore")
    return [text[i : i + DOCUMENT] for i in range(0, len(text), DOCUMENT)]


def trainer(path):
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    def train():
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        tokenizer.train([path], trainers.BpeTrainer(vocab_size=VOCABULARY, min_frequency=0, initial_alphabet=alphabet, show_progress=False))
        return sum(len(a) for a in json.loads(tokenizer.to_str())["model"]["vocab"])

    return train, os.path.getsize(path)


def hugging_face(path, model):
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(model)
    texts = documents(path)
    return lambda: sum(len(e.ids) for e in tokenizer.encode_batch(texts)), sum(len(t.encode()) for t in texts)


def tiktoken(path, model, threads):
    import tiktoken as library

    visible = [b for b in range(256) if 32 < b < 127 or 160 < b and b != 173]
    hidden = [b for b in range(256) if b not in visible]
    byte = {chr(b): b for b in visible} | {chr(256 + i): b for i, b in enumerate(hidden)}
    vocab = json.load(open(model))["model"]["vocab"]
    ranks = {bytes(byte[c] for c in token): rank for token, rank in vocab.items()}
    pattern = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
    encoding = library.Encoding("trained", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
    texts = documents(path)
    size = sum(len(t.encode()) for t in texts)
    return lambda: sum(map(len, encoding.encode_ordinary_batch(texts, num_threads=threads))), size


def one(what, path, model, threads):
    os.environ["RAYON_NUM_THREADS"] = str(threads)
    os.environ["TOKENIZERS_PARALLELISM"] = "true" if threads > 1 else "false"
    if what == "train":
        work, size = trainer(path)
    elif what == "encode":
        work, size = hugging_face(path, model)
    else:
        work, size = tiktoken(path, model, threads)
    walls, cpus = [], []
    begin = time.perf_counter()
    while not walls or (time.perf_counter() - begin < SECONDS and len(walls) < 20):
        wall, cpu = time.perf_counter(), time.process_time()
        result = work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"bytes": size, "result": result, "wall": walls, "cpu": cpus, "peak_kb": peak}))


def row(name, command, runs):
    lines = [json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout) for _ in range(runs)]
    size = lines[0]["bytes"]

    def speed(key, part):
        found = [size / 1e6 / statistics.median(part(line[key]) or line[key]) for line in lines]
        return f"{statistics.median(found):.2f} ({min(found):.2f}–{max(found):.2f})"

    first, later = (lambda a: a[:1]), (lambda a: a[1:])
    peak = max(line["peak_kb"] for line in lines) // 1024
    print(f"| {name} | {speed('wall', first)} | {speed('wall', later)} | {speed('cpu', later)} | {peak} | {lines[0]['result']} |", flush=True)


def run(path, classpath, runs):
    java = ["java", "-XX:+UseSerialGC", "-Xmx128m", "-cp", classpath, "dev.pullback.tokenizer.BpeTimes"]
    print("| work | MB/s wall, first | MB/s wall, later | MB/s processor, later | peak MB | characters or tokens |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        model = os.path.join(folder, "tokenizer.json")
        for threads in ("1", "2"):
            for what in ("train", "encode"):
                row(f"Pullback {what}, {threads} threads", [*java, what, path, model, threads], runs)
                row(f"tokenizers {what}, {threads} threads", [sys.executable, __file__, what, path, model, threads], runs)
            row(f"tiktoken encode, {threads} threads", [sys.executable, __file__, "tiktoken", path, model, threads], runs)
    print(f"load average {os.getloadavg()[0]:.2f} of {os.cpu_count()} cores")


if __name__ == "__main__":
    if sys.argv[1] == "sources":
        sources(sys.argv[2], sys.argv[3:])
    elif sys.argv[1] == "run":
        run(sys.argv[2], sys.argv[3], int(sys.argv[4]) if len(sys.argv) > 4 else 1)
    else:
        one(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
