"""What the small models over sentence vectors share: the vectors themselves, and the file of a support vector machine.

Imported by train_aimed.py and train_protected.py. src/judge/machine.rs reads what `write` writes.
"""

import json
import re
import struct
import unicodedata
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

ROOT = Path(__file__).parent.parent


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
            # What is not seen is gone, as in src/evaluation/injection.rs.
            seen = "".join(c for c in text if unicodedata.category(c) != "Cf")
            ids = np.array([self.tokenizer.encode(seen).ids], dtype=np.int64)
            row = self.session.run(None, {"input_ids": ids, "token_type_ids": np.zeros_like(ids)})[0][0]
            out.append(row / np.linalg.norm(row))
        return np.array(out)


class Stored:
    """A fitted machine as it is stored, to see what storing its vectors as int8 costs."""

    def __init__(self, model, gamma):
        vectors, self.alphas = model.support_vectors_, model.dual_coef_[0]
        self.gamma, self.bias = gamma, model.intercept_[0]
        self.scales = np.abs(vectors).max(1) / 127
        self.whole = np.rint(vectors / self.scales[:, None]).astype(np.int8)

    def decides(self, row):
        distances = ((self.whole * self.scales[:, None] - row) ** 2).sum(1)
        return float(np.exp(-self.gamma * distances) @ self.alphas + self.bias)

    def write(self, path, threshold):
        with open(path, "wb") as out:
            out.write(struct.pack("<II3f", *self.whole.shape, self.gamma, self.bias, threshold))
            for alpha, scale, row in zip(self.alphas, self.scales, self.whole):
                out.write(struct.pack("<2f", alpha, scale) + row.tobytes())
