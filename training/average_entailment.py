"""The mean of the weights of training runs that began at the same checkpoint.

    python average_entailment.py --student MINILM --runs RUN RUN... --to MEAN
"""

import argparse

import torch

import train_entailment as training
from convert_entailment import weights


def main():
    parse = argparse.ArgumentParser(description=__doc__)
    parse.add_argument("--student", required=True)
    parse.add_argument("--runs", required=True, nargs="+")
    parse.add_argument("--to", required=True)
    args = parse.parse_args()
    runs = [weights(run) for run in args.runs]
    _, model = training.load(args.student)
    model.load_state_dict({name: torch.tensor(sum(run[name] for run in runs) / len(runs)) for name in runs[0]})
    training.save(model, args.to)


if __name__ == "__main__":
    main()
