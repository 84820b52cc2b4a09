"""Trains the small model that tells questions which touch a protected trait from the others.

    python train_protected.py --out ../models/protected-questions/vectors.bin

A support vector machine with a radial kernel over the sentence vectors of models/all-minilm-l6-v2 says whether, a linear
model over the same vectors says which trait. A minute on one core, seeded; prints the figures of its card as JSON. Needs
requirements-aimed.txt.
"""

import argparse
import json
import tomllib
from pathlib import Path

import numpy as np
from sentence_machine import ROOT, Embedder, Stored, sentences
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.svm import SVC

HERE = Path(__file__).parent
C, GAMMA, C_TRAIT = 10.0, 1.0, 10.0
# One ordinary question in so many is taken for unlawful.
ONE_IN = 200
# The order of `Trait::ALL` in src/domain/protected.rs.
TRAITS = ["age", "family", "religion", "health", "origin", "orientation", "gender", "union", "politics", "record",
          "salary", "means"]


def lines(path):
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]


def asked(path):
    """For each question of a rubric, all that is asked of the candidate."""
    for question in tomllib.loads(path.read_text(encoding="utf-8"))["questions"]:
        follow_ups = [follow_up["ask"] for follow_up in question.get("follow_ups", [])]
        yield [question["ask"], *question.get("also_asked", []), *follow_ups]


def examples():
    """Text, trait (or -1), whether it is an ordinary question, and what may not be in two folds."""
    texts = []
    for path in (HERE / "protected/unlawful.txt", ROOT / "tests/fixtures/lint/unlawful.txt"):
        for line in lines(path):
            about, text = line.split(" | ")
            texts.append((text, TRAITS.index(about), False, text))
    for path in (HERE / "protected/lawful.txt", ROOT / "tests/fixtures/lint/lawful.txt"):
        texts += [(text, -1, False, text) for text in lines(path)]
    for path in sorted((ROOT / "rubrics").glob("*.toml")):
        if path.stem != "coverage":
            for question in asked(path):
                texts += [(text, -1, True, question[0]) for text in question]
    return texts


def read(embedder, decides, text):
    """What is highest of a text and its sentences."""
    return max(decides(row) for row in embedder.vectors({text, *sentences(text)}))


def main():
    parse = argparse.ArgumentParser(description=__doc__)
    parse.add_argument("--out", required=True)
    args = parse.parse_args()
    embedder = Embedder()
    texts, traits, plain, groups = map(np.array, zip(*examples()))
    x, unlawful = embedder.vectors(texts), traits >= 0

    def machine(of):
        return SVC(C=C, gamma=GAMMA).fit(x[of], unlawful[of])

    def naming(of):
        of = of[unlawful[of]]
        return LogisticRegression(C=C_TRAIT, max_iter=2000).fit(x[of], traits[of])

    apart, named = np.zeros(len(texts)), np.zeros(len(texts), int)
    folds = StratifiedGroupKFold(10, shuffle=True, random_state=0)
    for train, test in folds.split(x, unlawful, groups):
        apart[test] = machine(train).decision_function(x[test])
        named[test] = naming(train).predict(x[test])
    threshold = float(np.quantile(apart[plain], 1 - 1 / ONE_IN))
    everything = np.arange(len(texts))
    stored, names = Stored(machine(everything), GAMMA), naming(everything)
    stored.write(args.out, threshold)
    with open(args.out, "ab") as out:
        for weights, bias in zip(names.coef_, names.intercept_):
            out.write(np.append(weights, bias).astype("<f4").tobytes())

    found = apart > threshold
    other = [text for path in sorted((ROOT / "tests/fixtures/interviews").glob("*/rubric.toml"))
             if path.parent.name != "backend" for question in asked(path) for text in question]
    said = np.array([read(embedder, stored.decides, text) for text in other])
    print(json.dumps({
        "examples": len(texts), "unlawful": int(unlawful.sum()), "ordinary": int(plain.sum()),
        "vectors": len(stored.whole), "threshold": threshold,
        "cross-validated": {
            "unlawful found": float(found[unlawful].mean()),
            "of those, trait right": float((named == traits)[unlawful & found].mean()),
            "look-alikes taken": float(found[~unlawful & ~plain].mean()),
            "ordinary taken": float(found[plain].mean()),
            "found by trait": {t: round(float(found[traits == n].mean()), 3) for n, t in enumerate(TRAITS)},
        },
        "two other rubrics": {"questions": len(other), "taken": int((said > threshold).sum())},
    }, indent=1))


if __name__ == "__main__":
    main()
