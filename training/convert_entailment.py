"""Writes the entailment model that ships (models/entailment/model.onnx) from the training run's student-*.npz.

    python convert_entailment.py --run OUT --tokenizer tokenizer.json --to ../models/entailment [--compute rows]
"""

import argparse
import hashlib
import random
import shutil
from pathlib import Path

import numpy as np


def weights(folder):
    """The run's float16 parts, put together again as float32."""
    pieces = {}
    for path in sorted(Path(folder).glob("student-*.npz")):
        packed = np.load(path)
        for key in packed.files:
            name, place = key.rsplit("|", 1)
            pieces.setdefault(name, {})[int(place)] = packed[key]
    joined = {}
    for name, parts in pieces.items():
        arrays = [parts[k] for k in sorted(parts)]
        joined[name] = (np.concatenate(arrays) if len(arrays) > 1 else arrays[0]).astype(np.float32)
    return joined


def examples(items, tokenizer_json, count):
    """Pairs of our own items as (ids, types): what the activations are measured on for calibration."""
    from tokenizers import Tokenizer

    import entailment_data as data

    tokenizer = Tokenizer.from_file(tokenizer_json)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    rng = random.Random(3)
    pairs = rng.sample(list(data.own(items, rng, 1)), count)
    encoded = [tokenizer.encode(pair.premise, pair.hypothesis) for pair in pairs]
    return [(e.ids, e.type_ids) for e in encoded if len(e.ids) <= 160]


def main():
    import onnx_bert

    parse = argparse.ArgumentParser(description=__doc__)
    parse.add_argument("--run", required=True)
    parse.add_argument("--tokenizer", required=True)
    parse.add_argument("--to", required=True)
    parse.add_argument("--items", default="pairs", help="folder of our own items, to calibrate with")
    parse.add_argument("--compute", default="rows", choices=("rows", "stored", "f32"))
    args = parse.parse_args()
    to = Path(args.to)
    to.mkdir(parents=True, exist_ok=True)
    doc = "Earmark entailment model: (passage, criterion) -> supports, neither, contradicts"
    trained = weights(args.run)
    measured = onnx_bert.calibrate(trained, examples(args.items, args.tokenizer, 400), prefix="bert.")
    onnx_bert.classifier(trained, to / "model.onnx", args.compute, doc=doc, calibration=measured)
    shutil.copy(args.tokenizer, to / "tokenizer.json")
    data = (to / "model.onnx").read_bytes()
    print(to / "model.onnx", len(data), "bytes, sha256", hashlib.sha256(data).hexdigest())


if __name__ == "__main__":
    main()
