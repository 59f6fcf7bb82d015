"""Small tokenizers in the form of the published Qwen2 and Llama 3 files, and what Hugging Face's tokenizers does with them.

    tokenizer_forms.py GOLDEN/bpe OUT      writes OUT/{qwen2,llama3}.tokenizer.json and OUT/{qwen2,llama3}.json

GOLDEN/bpe has hostile.txt, which they are trained on, and texts.json; texts with what normalising changes are made here.
"""
import json
import pathlib
import random
import sys

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
MARKS = "\u0300\u0301\u0302\u0307\u0323\u0327\u0328\u0331\u0344\u0345\u0f71\u0f72\u0f74\u093c\u09be\u09d7\u302a\u302f\u3099\u309a\U0001d165\U0001d16e"
BASES = "aAeEoOcdsxyzΑαΩω\u1112\u1100\u1161\u1175\u11a8\u11ab\uac00\uac01\u09c7\u0958\u0f40\u304b\u30cf\U0001d157\u2126\u212b\u1e9b\ufb1d\uf900\U0002f800 \n1٣中한🙂"
SEEDED = 150


def texts(golden, special):
    known = json.loads((golden / "texts.json").read_text(encoding="utf-8"))
    # Characters that the Unicode of tokenizers and of Java 17 do not both know are no matter here.
    made = {key: text for key, text in known.items() if not key.startswith("unicode-") and len(text) < 120}
    made |= {
        "composed": "caf\u00e9 na\u00efve \u1e69",
        "decomposed": "cafe\u0301 nai\u0308ve s\u0323\u0307 s\u0307\u0323",
        "jamo": "\u1112\u1161\u11ab\u1100\u1173\u11af \u1112\u1161 \u1161\u11ab \uac00\u11a8\u11a8",
        "singletons": "\u2126\u212a\u212b \u2000\u2001 \uf900\ufa10 \u0340\u0341\u0343\u0374\u037e\u0387",
        "excluded": "\u0958\u09dc\ufb1d\ufb2a \u2adc \U0001d15e\U0001d160 \U0002f800",
        "marks-first": "\u0301\u0301a\u0301",
        "mark-after-special": f"{special}\u0301a{special}\u0323\u0307",
        "mark-after-space": " \u0301\n\u0301 \u0301",
        "many-marks": "a" + "\u0301\u0323" * 60 + "b",
        "whole-words": " assistant Yopum assistants Yopumx",
        "normalized-token": "o\u0323\u0302x o\u0302\u0323x \u1ed9x",
        "specials": f"{special}x{special}{special} y{special[:-1]} {special[1:]}",
        "digits": "1 12 123 1234 1234567 3.14 ٣٤٥٦ ²³¼",
        "code": "def f(x):\n\treturn {'a': [1, 22]}  # 日本語\r\n\r\n",
        "emoji": "👩‍👩‍👧‍👦🏽 e\u0301🙂\u0301 🇩🇪",
        "contractions": "I'M we'LL it'\u017f 'S' don\u2019t",
        "chat": "<|im_start|>user\nHi<|im_end|>\n<tool_call>{}</tool_call>",
    }
    chance = random.Random(1)
    for i in range(SEEDED):
        made[f"seeded-{i}"] = "".join(
            special if chance.random() < 0.03 else chance.choice(MARKS if chance.random() < 0.45 else BASES)
            for _ in range(chance.randrange(1, 14))
        )
    return made


def trained(golden, pattern, normalizer):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), "isolated", False),
            pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=normalizer is None, use_regex=False),
        ]
    )
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=500, initial_alphabet=alphabet, show_progress=False)
    words = "caf\u00e9 na\u00efve \u1e69 한국 \uac00\uac01 user assistant 日本語 the then there " * 9
    tokenizer.train_from_iterator([(golden / "hostile.txt").read_text(encoding="utf-8", errors="ignore"), words], trainer)
    return tokenizer


def qwen2(golden):
    tokenizer = trained(golden, SPLIT % r"\p{N}", normalizers.NFC())
    plain = dict(add_prefix_space=False, trim_offsets=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel(**plain)
    tokenizer.post_processor = processors.ByteLevel(**plain)
    tokenizer.add_special_tokens(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    tokenizer.add_tokens([AddedToken("<tool_call>", normalized=False), AddedToken("</tool_call>", normalized=False)])
    # Found in what normalising leaves, itself normalised.
    tokenizer.add_tokens([AddedToken("o\u0302\u0323x", normalized=True)])
    form = json.loads(tokenizer.to_str())
    form["model"] |= {"continuing_subword_prefix": "", "end_of_word_suffix": ""}
    form["decoder"] |= plain
    return form, "<|endoftext|>"


def llama3(golden):
    form = json.loads(trained(golden, SPLIT % r"\p{N}{1,3}", None).to_str())
    form["model"]["ignore_merges"] = True
    # No merges lead to these words: only as a whole are they tokens.
    vocabulary = form["model"]["vocab"]
    for word in ["Ġassistant", "Yopum"]:
        vocabulary[word] = len(vocabulary)
    tokenizer = Tokenizer.from_str(json.dumps(form))
    tokenizer.decoder = decoders.ByteLevel()
    names = ["<|begin_of_text|>", "<|end_of_text|>"] + [f"<|reserved_special_token_{i}|>" for i in range(254)]
    tokenizer.add_special_tokens(names)
    begin = names[0]
    template = processors.TemplateProcessing(
        single=f"{begin} $A", pair=f"{begin} $A {begin}:1 $B:1", special_tokens=[(begin, tokenizer.token_to_id(begin))]
    )
    tokenizer.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), template])
    return json.loads(tokenizer.to_str()), begin


def write(out, name, form, special, golden):
    # As the library itself writes what it read.
    tokenizer = Tokenizer.from_str(json.dumps(form))
    written = json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False, separators=(",", ":"))
    (out / f"{name}.tokenizer.json").write_text(written, encoding="utf-8")
    cases = {}
    for key, text in texts(golden, special).items():
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        case = {"text": text, "ids": ids, "around": tokenizer.encode(text, add_special_tokens=True).ids}
        case["decoded"] = tokenizer.decode(ids, skip_special_tokens=False)
        case["ordinary"] = tokenizer.decode(ids, skip_special_tokens=True)
        tokenizer.encode_special_tokens = True
        case["specialAsText"] = tokenizer.encode(text, add_special_tokens=False).ids
        tokenizer.encode_special_tokens = False
        for same, of in [("around", "ids"), ("specialAsText", "ids"), ("ordinary", "decoded"), ("decoded", "text")]:
            if case[same] == case[of]:
                del case[same]
        cases[key] = case
    (out / f"{name}.json").write_text(json.dumps(cases, separators=(",", ":")) + "\n", encoding="utf-8")
    print(name, tokenizer.get_vocab_size(), len(cases))


def main():
    golden, out = (pathlib.Path(path) for path in sys.argv[1:])
    for make in (qwen2, llama3):
        write(out, make.__name__, *make(golden), golden)


main()
