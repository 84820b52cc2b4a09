"""Trains the small model that tells sentences aimed at whoever scores from interview talk.

    python train_aimed.py --out ../models/aimed-at-the-grader/vectors.bin

A support vector machine with a radial kernel over the sentence vectors of models/all-minilm-l6-v2. Minutes on one core,
seeded; prints the figures of its card as JSON. Needs requirements-aimed.txt.
"""

import argparse
import json
import random
from pathlib import Path

import numpy as np
from sentence_machine import ROOT, Embedder, Stored, rows, sentences
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import SVC

HERE = Path(__file__).parent
C, GAMMA = 3.0, 2.0
# One honest sentence in so many is taken for aimed.
ONE_IN = 1000


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

    stored = Stored(model, GAMMA)
    stored.write(args.out, threshold)

    blind = rows(ROOT / "tests/fixtures/injections-blind.jsonl")
    said = [max(stored.decides(v) for v in embedder.vectors(sentences(row["text"]) or [row["text"]])) for row in blind]
    attack = np.array([row["attack"] for row in blind])
    hit = np.array(said) > threshold
    print(json.dumps({
        "examples": len(texts), "aimed": int(aimed.sum()), "vectors": len(stored.whole), "threshold": threshold,
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
