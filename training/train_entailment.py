"""Trains the entailment model.

    python train_entailment.py --data DATA --items pairs --student MINILM --out OUT

Needs a GPU for minutes, or two CPU cores for an hour. Everything is seeded; figures are printed as JSON lines.
"""

import argparse
import json
import math
import random
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer

import entailment_data as data

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


class Encoded:
    """Pairs as token ids, batched by length."""

    def __init__(self, tokenizer, pairs, max_tokens):
        self.pairs = pairs
        encoded = tokenizer(
            [p.premise for p in pairs],
            [p.hypothesis for p in pairs],
            truncation="longest_first",
            max_length=max_tokens,
            padding=False,
            return_token_type_ids=True,
        )
        self.ids, self.types = encoded["input_ids"], encoded["token_type_ids"]
        self.pad = tokenizer.pad_token_id
        self.target = torch.tensor([p.target for p in pairs], dtype=torch.float32)
        self.only = torch.tensor([p.only_support for p in pairs])
        self.mask = tokenizer.mask_token_id
        negations = tokenizer(["not no never none nothing nobody neither nor cannot without t n only all some"], add_special_tokens=False)
        self.kept = {*tokenizer.all_special_ids, *negations["input_ids"][0]}

    def blurred(self, i, rng):
        """The ids with one word in ten hidden, but none that turns the meaning round."""
        if not self.pairs[i].blurred or rng.random() < 0.3:
            return self.ids[i]
        return [self.mask if t not in self.kept and rng.random() < 0.1 else t for t in self.ids[i]]

    def batches(self, tokens, rng=None):
        order = list(range(len(self.ids)))
        if rng is not None:
            rng.shuffle(order)
            # Sorted within large pools: little padding, and still a fresh mixture each epoch.
            pool = 40 * 256
            order = [i for at in range(0, len(order), pool)
                     for i in sorted(order[at:at + pool], key=lambda i: len(self.ids[i]))]
        else:
            order.sort(key=lambda i: len(self.ids[i]))
        out, batch, longest = [], [], 0
        for i in order:
            longest = max(longest, len(self.ids[i]))
            if batch and longest * (len(batch) + 1) > tokens:
                out.append(batch)
                batch, longest = [], len(self.ids[i])
            batch.append(i)
        out.append(batch)
        if rng is not None:
            rng.shuffle(out)
        return out

    def tensors(self, batch, rng=None):
        length = max(len(self.ids[i]) for i in batch)
        ids = torch.full((len(batch), length), self.pad)
        types = torch.zeros((len(batch), length), dtype=torch.long)
        mask = torch.zeros((len(batch), length), dtype=torch.long)
        for row, i in enumerate(batch):
            n = len(self.ids[i])
            ids[row, :n] = torch.tensor(self.ids[i] if rng is None else self.blurred(i, rng))
            types[row, :n] = torch.tensor(self.types[i])
            mask[row, :n] = 1
        return ids.to(DEVICE), types.to(DEVICE), mask.to(DEVICE)


def forward(model, ids, types, mask):
    inputs = {"input_ids": ids, "attention_mask": mask}
    if model.config.model_type == "bert":
        inputs["token_type_ids"] = types
    with torch.autocast(DEVICE, dtype=torch.bfloat16):
        return model(**inputs).logits.float()


def loss_of(logits, target, only):
    logp = F.log_softmax(logits, -1)
    full = -(target * logp).sum(-1)
    p = logp[:, 0].exp().clamp(1e-6, 1 - 1e-6)
    binary = -(target[:, 0] * p.log() + (1 - target[:, 0]) * (1 - p).log())
    return torch.where(only, binary, full).mean()


def train(model, encoded, epochs, rate, tokens, seed, keep, minutes=None):
    rng = random.Random(seed)
    plan = [encoded.batches(tokens, rng) for _ in range(epochs)]
    steps = sum(len(p) for p in plan)
    decay = [p for p in model.parameters() if p.requires_grad and p.ndim > 1]
    rest = [p for p in model.parameters() if p.requires_grad and p.ndim <= 1]
    optimiser = torch.optim.AdamW(
        [{"params": decay, "weight_decay": 0.01}, {"params": rest, "weight_decay": 0.0}],
        lr=rate, betas=(0.9, 0.98), fused=True,
    )
    model.train()
    step, began, running = 0, time.time(), 0.0
    warm = 0.06
    for epoch in plan:
        for batch in epoch:
            # A run on a shared machine ends in time, and its rate has fallen by then.
            done = max(step / steps, (time.time() - began) / (60 * minutes) if minutes else 0.0)
            if done >= 1.0:
                print(f"out of time at {step}/{steps}", flush=True)
                return
            at = done / warm if done < warm else 0.5 * (1 + math.cos(math.pi * (done - warm) / (1 - warm)))
            for group in optimiser.param_groups:
                group["lr"] = rate * at
            if step % 500 == 499:
                save(model, keep)
            ids, types, mask = encoded.tensors(batch, rng)
            index = torch.tensor(batch)
            loss = loss_of(
                forward(model, ids, types, mask),
                encoded.target[index].to(DEVICE),
                encoded.only[index].to(DEVICE),
            )
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            running = loss.detach() if step == 0 else 0.99 * running + 0.01 * loss.detach()
            step += 1
            if step % 100 == 0 or step == steps:
                print(f"{step}/{steps} loss {float(running):.4f} {time.time() - began:.0f}s", flush=True)


@torch.no_grad()
def predict(model, encoded, tokens=65536):
    model.eval()
    out = torch.zeros((len(encoded.pairs), 3))
    for batch in encoded.batches(tokens):
        out[torch.tensor(batch)] = forward(model, *encoded.tensors(batch)).cpu()
    return out


def f1_macro(gold, said):
    scores = []
    for k in range(3):
        hit = ((gold == k) & (said == k)).sum()
        total = (gold == k).sum() + (said == k).sum()
        scores.append(2 * hit / total if total else 0.0)
    return float(np.mean(scores))


def evaluate(model, tokenizer, folder, own_items, max_tokens):
    """Figures on everything that is held out; nothing here is ever trained on."""
    folder = Path(folder)

    def probabilities(pairs):
        return F.softmax(predict(model, Encoded(tokenizer, pairs, max_tokens)), -1).numpy()

    def pair(premise, hypothesis):
        return data.Pair(premise, hypothesis, (0.0, 0.0, 0.0))

    figures = {}
    for name in ("mnli_dev_matched", "negnli_mnli", "negnli_snli"):
        table = data.rows(folder / "nli" / f"{name}.jsonl")
        gold = np.array([data.NLI[r["label"]] for r in table])
        said = probabilities([pair(r["premise"], r["hypothesis"]) for r in table]).argmax(1)
        figures[name] = float((gold == said).mean())
    own = list(data.own_nli(Path(own_items).parent / "nli", held=True))
    if own:
        gold, said = np.array([np.argmax(p.target) for p in own]), probabilities(own).argmax(1)
        figures["own_nli"] = {"n": len(gold), "accuracy": float((gold == said).mean()), "f1": f1_macro(gold, said)}
    table = data.rows(folder / "semeval2013" / "unseen_answers.jsonl")
    gold = np.array([data.SEMEVAL[r["label_3way"]] for r in table])
    for variant in ("plain", "question"):
        flat, owner = [], []
        for i, r in enumerate(table):
            premise = data.with_question(r["question"], r["answer"]) if variant == "question" else r["answer"]
            for text in [r["reference_answer"]]:
                flat.append(pair(premise, text))
                owner.append(i)
        p = probabilities(flat)
        said = p.argmax(1)
        figures[f"semeval_{variant}"] = {"f1": f1_macro(gold, said), "accuracy": float((gold == said).mean())}
    for name, path, score in (
        ("mohler", "mohler/dev.jsonl", "score"),
        ("saf", "saf/unseen_answers.jsonl", "score_norm"),
    ):
        table = data.rows(folder / path)
        gold = np.array([float(r[score]) for r in table])
        # Each sentence of the reference is a hypothesis of its own, as a criterion is.
        flat, owner = [], []
        for i, r in enumerate(table):
            premise = data.as_judged(r["question"], r["answer"])
            for text in data.sentences(r["reference_answer"]):
                flat.append(pair(premise, text))
                owner.append(i)
        p, owner = probabilities(flat), np.array(owner)
        said = np.array([(p[owner == i, 0] - p[owner == i, 2]).mean() for i in range(len(table))])
        figures[name] = float(np.corrcoef(gold, said)[0, 1])
    flat, gold = [], []
    for item in data.items(own_items):
        if data.held_out(item):
            for passage, label in data.passages(item):
                flat.append(pair(passage, item["c"]))
                gold.append(label)
    p, gold = probabilities(flat), np.array(gold)
    said = p.argmax(1)
    figures["own"] = {
        "n": len(gold), "accuracy": float((gold == said).mean()), "f1": f1_macro(gold, said),
        "confusion": [[int(((gold == i) & (said == j)).sum()) for j in range(3)] for i in range(3)],
    }
    # Terms without a sentence, and words that say the opposite: what a judge by similarity is taken in by.
    rng, listed, opposite = random.Random(1), [], []
    for item in filter(data.held_out, data.items(own_items)):
        listed += [pair(data.keyword_list(item["s"] + [item["c"]], rng), item["c"]) for _ in range(3)]
        opposite += [pair(passage, item["c"]) for passage in item["x"]]
    for name, pairs in (("keyword_lists", listed), ("opposite", opposite)):
        said = probabilities(pairs).argmax(1)
        figures[name] = {"n": len(pairs), "supports": float((said == 0).mean()), "contradicts": float((said == 2).mean())}
    tested = list(data.literal([(i["q"], i["c"]) for i in data.items(own_items) if data.held_out(i)], random.Random(1)))
    gold, said = np.array([np.argmax(t.target) for t in tested]), probabilities(tested).argmax(1)
    figures["literal"] = {"n": len(gold), "accuracy": float((gold == said).mean()),
                          "confusion": [[int(((gold == i) & (said == j)).sum()) for j in range(3)] for i in range(3)]}
    flat, gold, owner, scores = [], [], [], []
    for record in filter(data.held_out_answers, data.whole_answers(Path(own_items).parent / "graded")):
        for answer in record["answers"]:
            for sentence, verdict in zip(record["ref"], answer["verdicts"]):
                flat.append(pair(data.as_judged(record["q"], answer["text"]), sentence))
                gold.append(verdict)
                owner.append(len(scores))
            scores.append(answer["score"])
    if flat:
        p, gold, owner = probabilities(flat), np.array(gold), np.array(owner)
        clear = gold != "p"
        labels = np.array(["snx".find(v) for v in gold])[clear]
        said = p.argmax(1)[clear]
        mean = np.array([(p[owner == i, 0] - p[owner == i, 2]).mean() for i in range(len(scores))])
        figures["graded"] = {
            "n": len(labels), "accuracy": float((labels == said).mean()), "f1": f1_macro(labels, said),
            "confusion": [[int(((labels == i) & (said == j)).sum()) for j in range(3)] for i in range(3)],
            "answers": len(scores), "r": float(np.corrcoef(mean, scores)[0, 1]),
        }
    mine = [r for r in data.whole_answers(Path(own_items).parent / "answers") if data.held_out_answers(r)]
    if mine:
        tested = list(data.from_answers(mine, random.Random(1)))
        p = probabilities(tested)
        gold, said = np.array([np.argmax(t.target) for t in tested]), p.argmax(1)
        figures["answers"] = {
            "n": len(gold), "accuracy": float((gold == said).mean()), "f1": f1_macro(gold, said),
            "confusion": [[int(((gold == i) & (said == j)).sum()) for j in range(3)] for i in range(3)],
        }
    return figures


def dequantised(folder):
    """A model folder whose weights travel as int8 with scales: back to f32."""
    packed = np.load(Path(folder) / "weights.npz")
    weights = {}
    for name in packed.files:
        if name.endswith("|scale"):
            continue
        array = packed[name]
        if name + "|scale" in packed.files:
            array = array.astype(np.float32) * packed[name + "|scale"]
        weights[name] = torch.tensor(np.asarray(array, dtype=np.float32))
    return weights


def load(folder):
    folder = Path(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    # At these lengths plain attention is the fastest on a CPU; random numbers for dropping attention weights are not worth theirs.
    config = AutoConfig.from_pretrained(folder, num_labels=3, attention_probs_dropout_prob=0.0)
    model = AutoModelForSequenceClassification.from_config(config, attn_implementation="eager")
    if (folder / "weights.npz").exists():
        weights = dequantised(folder)
    else:
        from safetensors.torch import load_file

        weights = load_file(folder / "model.safetensors")
    target = getattr(model, model.base_model_prefix)
    missing, unexpected = target.load_state_dict(weights, strict=False)
    print("loaded", folder, "missing", [m for m in missing if "position_ids" not in m][:6], "unused", unexpected[:6], flush=True)
    return tokenizer, model.to(DEVICE)


def save(model, out):
    """float16, in parts small enough to carry."""
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    parts, size = [{}], 0
    for name, tensor in model.state_dict().items():
        array = tensor.detach().cpu().to(torch.float16).numpy()
        pieces = np.array_split(array, max(1, math.ceil(array.nbytes / 8e6))) if array.ndim > 1 else [array]
        for k, piece in enumerate(pieces):
            if size + piece.nbytes > 15e6:
                parts.append({})
                size = 0
            parts[-1][f"{name}|{k}"] = piece
            size += piece.nbytes
    for k, part in enumerate(parts):
        np.savez(out / f"student-{k}.npz", **part)


def main():
    parse = argparse.ArgumentParser(description=__doc__)
    parse.add_argument("--data", required=True)
    parse.add_argument("--items", required=True)
    parse.add_argument("--student", required=True)
    parse.add_argument("--out", required=True)
    parse.add_argument("--epochs", type=int, default=5)
    parse.add_argument("--rate", type=float, default=1.5e-4)
    parse.add_argument("--tokens", type=int, default=8192, help="tokens in a batch")
    parse.add_argument("--max-tokens", type=int, default=192)
    parse.add_argument("--seed", type=int, default=7)
    parse.add_argument("--no-saf", action="store_true")
    parse.add_argument("--no-opposite", action="store_true")
    parse.add_argument("--no-keywords", action="store_true")
    parse.add_argument("--nli", type=float, default=1.0, help="the share of the NLI pairs of a whole run to keep")
    parse.add_argument("--own-nli", type=float, default=1.5, help="times our own pairs for inference are used")
    parse.add_argument("--answers", type=int, default=2, help="times our own whole answers are used, each time varied anew")
    parse.add_argument("--semeval", type=int, default=3, help="times the SemEval answers are used")
    parse.add_argument("--graded", type=int, default=3, help="times our own graded answers are used, each time varied anew")
    parse.add_argument("--wiki", help="a folder of sim_wiki/ and translate_wiki/ (see the model's card)")
    parse.add_argument("--denials", help="what denials.mjs wrote of the NLI pairs")
    parse.add_argument("--copies", type=int, default=3, help="times our own items are used, each time varied anew")
    parse.add_argument("--resume", help="go on from the student-*.npz of an earlier run")
    parse.add_argument("--threads", type=int, help="CPU threads")
    parse.add_argument("--minutes", type=float, help="end after so long, the rate falling with the time")
    parse.add_argument("--limit", type=int, help="for a trial: only so many pairs")
    args = parse.parse_args()
    torch.manual_seed(args.seed)
    torch.backends.cuda.matmul.allow_tf32 = True

    pairs = data.training_pairs(
        args.data, args.items, args.seed, not args.no_saf, not args.no_opposite, not args.no_keywords,
        args.copies, args.nli, args.semeval, args.answers, args.graded, args.wiki, args.denials, args.own_nli,
    )
    random.Random(args.seed).shuffle(pairs)
    pairs = pairs[: args.limit]
    if args.threads:
        torch.set_num_threads(args.threads)
    print(len(pairs), "pairs", DEVICE, flush=True)
    tokenizer, model = load(args.student)
    if args.resume:
        from convert_entailment import weights

        model.load_state_dict({name: torch.tensor(array) for name, array in weights(args.resume).items()})
    # Word vectors are good as they are, and most of the parameters: left alone, a step is much cheaper.
    for parameter in model.base_model.embeddings.parameters():
        parameter.requires_grad_(False)
    encoded = Encoded(tokenizer, pairs, args.max_tokens)
    train(model, encoded, args.epochs, args.rate, args.tokens, args.seed, args.out, args.minutes)
    save(model, args.out)
    print(json.dumps({"figures": evaluate(model, tokenizer, args.data, args.items, args.max_tokens)}), flush=True)


if __name__ == "__main__":
    main()
