"""Speed of Earmark's embedding against ONNX Runtime with the same model in f32: same sentences, same run, in turns.

    python benches/embedding_speed.py [SENTENCES] [--from FOLDER] [--rounds N] [--threads N]

SENTENCES has one sentence a line; without it, the texts that the model was calibrated on are taken. --from is as for
training/convert_embedder.py, which makes the f32 graph; its requirements are the ones for this script.

Both sides tokenise, sort by length, and run batches of one length, up to 32, without padding. Wall-clock seconds on a
shared machine say little; of each round only the ratio is used. Also checks that what Earmark computes does not depend
on the batch: the digests of batches of 1, 7 and 32 must be the same. If not, exits with 1.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "training"))
import convert_embedder  # noqa: E402

BATCH = 32
SAID = re.compile(r"sentences (\d+) seconds ([0-9.]+) digest ([0-9A-Za-z:]+)")


class Reference:
    """all-MiniLM-L6-v2 in f32 under ONNX Runtime."""

    def __init__(self, source, folder, threads):
        path = convert_embedder.convert(source, folder, compute="f32")
        self.tokenizer = Tokenizer.from_file(str(path.with_name("tokenizer.json")))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(convert_embedder.MAX_TOKENS)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def embed(self, sentences):
        ids = [each.ids for each in self.tokenizer.encode_batch(sentences)]
        groups = {}
        for place, each in enumerate(ids):
            groups.setdefault(len(each), []).append(place)
        vectors = np.zeros((len(ids), 384), dtype=np.float32)
        for places in groups.values():
            for start in range(0, len(places), BATCH):
                some = places[start : start + BATCH]
                x = np.array([ids[place] for place in some], dtype=np.int64)
                (vectors[some],) = self.session.run(None, {"input_ids": x, "token_type_ids": np.zeros_like(x)})
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def earmark(path, threads, batch=None):
    """(sentences, seconds, digest) of one run of Earmark's example program."""
    command = ["cargo", "run", "--quiet", "--release", "--example", "embed", "--", str(path)]
    command += [] if batch is None else ["--batch", str(batch)]
    environment = {**os.environ, "RTEN_NUM_THREADS": str(threads)}
    ran = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    said = SAID.search(ran.stdout)
    if not said:
        sys.exit(f"unexpected output of the example: {ran.stdout!r}")
    return int(said[1]), float(said[2]), said[3]


def main():
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("sentences", nargs="?", default=convert_embedder.MODEL / "calibration.txt")
    parse.add_argument("--from", dest="source")
    parse.add_argument("--rounds", type=int, default=5)
    parse.add_argument("--threads", type=int, default=os.cpu_count())
    args = parse.parse_args()
    path = Path(args.sentences).resolve()
    sentences = path.read_text(encoding="utf-8").split("\n")
    sentences = [each.removesuffix("\r") for each in sentences[: len(sentences) - (sentences[-1] == "")]]

    subprocess.run(["cargo", "build", "--quiet", "--release", "--example", "embed"], cwd=ROOT, check=True)
    digests = {batch: earmark(path, args.threads, batch)[2] for batch in (1, 7, 32)}
    for batch, digest in digests.items():
        print(f"batch {batch:2} digest {digest}")
    same = len(set(digests.values())) == 1
    print("the same whatever the batch" if same else "NOT the same whatever the batch")

    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        reference = Reference(args.source, folder, args.threads)
        reference.embed(sentences[:64])
        for turn in range(args.rounds):
            start = time.perf_counter()
            reference.embed(sentences)
            theirs = time.perf_counter() - start
            count, ours, _ = earmark(path, args.threads)
            assert count == len(sentences), (count, len(sentences))
            ratios.append(theirs / ours)
            print(
                f"round {turn + 1}: Earmark {count / ours:.0f}/s, ONNX Runtime f32 {count / theirs:.0f}/s, "
                f"ratio {ratios[-1]:.2f}",
                flush=True,
            )
    print(
        f"{len(sentences)} sentences, {args.threads} threads, {args.rounds} rounds: Earmark is "
        f"{statistics.median(ratios):.2f} times as fast (from {min(ratios):.2f} to {max(ratios):.2f})"
    )
    sys.exit(not same)


if __name__ == "__main__":
    main()
