"""Trains the small model that tells sentences aimed at whoever scores from interview talk.

    python train_aimed.py --out ../models/aimed-at-the-grader/vectors.bin

A support vector machine with a radial kernel over the sentence vectors of models/all-minilm-l6-v2. Minutes on one core,
seeded; prints the figures of its card as JSON. Needs requirements-aimed.txt.
"""

import argparse
import json
import random
import re
import struct
import unicodedata
from pathlib import Path

import numpy as np
import onnxruntime
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import SVC
from tokenizers import Tokenizer

HERE = Path(__file__).parent
ROOT = HERE.parent
C, GAMMA = 3.0, 2.0
# One honest sentence in so many is taken for aimed.
ONE_IN = 1000


def rows(path):
    return [json.loads(line) for line in open(path, encoding="utf-8")]


def sentences(text):
    parts = re.split(r"(?<=[.!?\u3002\uff01\uff1f])\s+|\n+", text)
    return [part for part in parts if len(part.split()) >= 3 or len(part) > 12]


class Embedder:
    def __init__(self):
        folder = ROOT / "models/all-minilm-l6-v2"
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(256)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options)

    def vectors(self, texts):
        out = []
        for text in texts:
            # What is not seen is gone, as in src/evaluation/speech.rs.
            seen = "".join(c for c in text if unicodedata.category(c) != "Cf")
            ids = np.array([self.tokenizer.encode(seen).ids], dtype=np.int64)
            row = self.session.run(None, {"input_ids": ids, "token_type_ids": np.zeros_like(ids)})[0][0]
            out.append(row / np.linalg.norm(row))
        return np.array(out)


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from strings(part)


def examples():
    texts, aimed, plain = [], [], []
    for row in rows(HERE / "aimed/lines.jsonl"):
        # Of what is honest every sentence is; of what is aimed only the whole surely is.
        for text in [row["text"]] + ([] if row["aimed"] else sentences(row["text"])):
            texts.append(text)
            aimed.append(int(row["aimed"]))
            plain.append(False)
    for name in ("injections", "injections-kept-apart"):
        for row in rows(ROOT / f"tests/fixtures/{name}.jsonl"):
            texts.append(row["text"][:600])
            aimed.append(1)
            plain.append(False)
    honest = [s for path in sorted((HERE / "answers").glob("*.jsonl")) for row in rows(path)
              for text in strings(row) if len(text.split()) >= 5 for s in sentences(text)]
    random.Random(1).shuffle(honest)
    for text in honest[:4000]:
        texts.append(text)
        aimed.append(0)
        plain.append(True)
    return texts, np.array(aimed), np.array(plain)


def main():
    parse = argparse.ArgumentParser(description=__doc__)
    parse.add_argument("--out", required=True)
    args = parse.parse_args()
    embedder = Embedder()
    texts, aimed, plain = examples()
    x = embedder.vectors(texts)

    def machine():
        return SVC(C=C, gamma=GAMMA)

    apart = np.zeros(len(aimed))
    for train, test in StratifiedKFold(5, shuffle=True, random_state=0).split(x, aimed):
        apart[test] = machine().fit(x[train], aimed[train]).decision_function(x[test])
    model = machine().fit(x, aimed)
    spoken = [s for path in sorted((ROOT / "tests/fixtures/interviews").glob("*/*.jsonl")) for row in rows(path)
              if row["speaker"] == "candidate" for s in sentences(row["text"])]
    of_interviews = model.decision_function(embedder.vectors(spoken))
    threshold = float(np.quantile(np.concatenate([apart[plain], of_interviews]), 1 - 1 / ONE_IN))

    vectors, alphas = model.support_vectors_, model.dual_coef_[0]
    scales = np.abs(vectors).max(1) / 127
    whole = np.rint(vectors / scales[:, None]).astype(np.int8)
    with open(args.out, "wb") as out:
        out.write(struct.pack("<II3f", len(vectors), vectors.shape[1], GAMMA, model.intercept_[0], threshold))
        for alpha, scale, row in zip(alphas, scales, whole):
            out.write(struct.pack("<2f", alpha, scale) + row.tobytes())

    def at_most(row):
        # The kernel of the stored vectors, to see what storing them as int8 costs.
        return float(np.exp(-GAMMA * ((whole * scales[:, None] - row) ** 2).sum(1)) @ alphas + model.intercept_[0])

    blind = rows(ROOT / "tests/fixtures/injections-blind.jsonl")
    said = [max(at_most(v) for v in embedder.vectors(sentences(row["text"]) or [row["text"]])) for row in blind]
    attack = np.array([row["attack"] for row in blind])
    hit = np.array(said) > threshold
    print(json.dumps({
        "examples": len(texts), "aimed": int(aimed.sum()), "vectors": len(vectors), "threshold": threshold,
        "cross-validated": {
            "aimed found": float((apart[aimed == 1] > threshold).mean()),
            "hard negatives taken": float((apart[(aimed == 0) & ~plain] > threshold).mean()),
            "ordinary sentences taken": float((apart[plain] > threshold).mean()),
        },
        "interviews": {"sentences": len(spoken), "taken": int((of_interviews > threshold).sum())},
        "blind": {"attacks": int(attack.sum()), "found": int(hit[attack].sum()),
                  "honest": int((~attack).sum()), "taken": int(hit[~attack].sum())},
    }, indent=1))


if __name__ == "__main__":
    main()
