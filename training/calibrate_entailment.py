"""Makes the trained model's probabilities mean what they say: a temperature for each class and a bias, fitted on held-out pairs.

    python calibrate_entailment.py --student MINILM --items pairs --run RUN --to CALIBRATED

`softmax(a * z + b)` (Guo et al. 2017, "vector scaling") is written into the last layer, so nothing that runs the model has
to know of it; `RUN` stays as it is, for training to go on from. The pairs are those that `train_entailment.py` holds out; half of
them fit, the other half are reported on.
"""

import argparse
import json
import random
from pathlib import Path

import torch
import torch.nn.functional as F

import entailment_data as data
import train_entailment as training
from convert_entailment import weights


def held_out(own_items, seed=5):
    pairs = list(data.from_answers(filter(data.held_out_answers, data.whole_answers(Path(own_items).parent / "answers")), random.Random(1)))
    for item in filter(data.held_out, data.items(own_items)):
        pairs += [data.Pair(data.as_judged(item["q"], passage), item["c"], data.hard(label)) for passage, label in data.passages(item)]
    for record in filter(data.held_out_answers, data.whole_answers(Path(own_items).parent / "graded")):
        for answer in record["answers"]:
            judged = zip(record["ref"], answer["verdicts"])
            said = data.as_judged(record["q"], answer["text"])
            pairs += [data.Pair(said, text, data.GRADED[v]) for text, v in judged if v != "p"]
    pairs = [p for p in pairs if not p.only_support]
    random.Random(seed).shuffle(pairs)
    return pairs


def expected_calibration_error(probabilities, gold, bins=10):
    sure, said = probabilities.max(1)
    place = (sure * bins).long().clamp(max=bins - 1)
    gaps = 0.0
    for k in range(bins):
        inside = place == k
        if inside.any():
            gaps += float((sure[inside].mean() - (said[inside] == gold[inside]).float().mean()).abs() * inside.float().mean())
    return gaps


def main():
    parse = argparse.ArgumentParser(description=__doc__)
    parse.add_argument("--student", required=True)
    parse.add_argument("--items", required=True)
    parse.add_argument("--run", required=True)
    parse.add_argument("--to", required=True)
    args = parse.parse_args()
    tokenizer, model = training.load(args.student)
    model.load_state_dict({name: torch.tensor(array) for name, array in weights(args.run).items()})
    pairs = held_out(args.items)
    logits = training.predict(model, training.Encoded(tokenizer, pairs, 160), tokens=8192)
    gold = torch.tensor([max(range(3), key=lambda k: p.target[k]) for p in pairs])
    half = len(pairs) // 2
    scale, bias = torch.ones(3, requires_grad=True), torch.zeros(3, requires_grad=True)
    optimiser = torch.optim.LBFGS([scale, bias], max_iter=200)

    def closure():
        optimiser.zero_grad()
        loss = F.cross_entropy(logits[:half] * scale + bias, gold[:half]) + 1e-3 * (bias**2).sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    scale, bias = scale.detach(), bias.detach()
    for name, z in (("before", logits), ("after", logits * scale + bias)):
        p = F.softmax(z[half:], -1)
        print(json.dumps({
            name: {"n": len(p), "log_loss": float(F.cross_entropy(z[half:], gold[half:])),
                   "ece": expected_calibration_error(p, gold[half:]), "accuracy": float((p.argmax(1) == gold[half:]).float().mean())},
        }))
    with torch.no_grad():
        model.classifier.weight *= scale[:, None]
        model.classifier.bias *= scale
        model.classifier.bias += bias
    print(json.dumps({"scale": scale.tolist(), "bias": bias.tolist()}))
    training.save(model, args.to)


if __name__ == "__main__":
    main()
