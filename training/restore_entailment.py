"""Puts the int8 weights of the shipped model back to float, for training to go on from where no checkpoint was kept.

    python restore_entailment.py --model ../models/entailment/model.onnx --student MINILM --out RUN

The graph is the one that `onnx_bert.py` writes: a product of integers for each linear layer, with a scale for each column of
its weights, and outliers of a layer norm's output moved into the weights that read it. Prints how far a few logits are off.
"""

import argparse

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import numpy_helper

import train_entailment as training

EXAMPLES = [
    ("We always write tests before we merge anything.", "Writes tests"),
    ("I never test.", "Writes tests"),
    ("So the customer was angry and I called him back the same evening.", "Follows up with the customer"),
]


class Graph:
    def __init__(self, path):
        graph = onnx.load(path).graph
        self.nodes = list(graph.node)
        self.constants = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
        self.users, self.made_by = {}, {}
        for node in self.nodes:
            for name in node.input:
                self.users.setdefault(name, []).append(node)
            for name in node.output:
                self.made_by[name] = node

    def next(self, node, kind):
        return next(user for user in self.users[node.output[0]] if user.op_type == kind)

    def linear(self):
        """Weights and biases of the linear layers, in the order of the graph."""
        for node in self.nodes:
            if node.op_type == "MatMulInteger":
                by_column = self.next(self.next(node, "Cast"), "Mul")
                bias = self.next(self.next(by_column, "Mul"), "Add")
                yield self.constants[node.input[1]].astype(np.float32) * self.constants[by_column.input[1]], self.constants[bias.input[1]]

    def norms(self):
        """Weight, bias and the sizes that were moved out of each layer norm, in the order of the graph."""
        for node in self.nodes:
            if node.op_type == "LayerNormalization":
                weight, bias = self.constants[node.input[1]], self.constants[node.input[2]]
                factors = (self.constants.get(user.input[1]) for user in self.users[node.output[0]] if user.op_type == "Mul")
                moved = (factor for factor in factors if factor is not None and factor.shape == weight.shape)
                yield weight, bias, next(moved, np.ones_like(weight))


def restored(path, state, layers):
    graph = Graph(path)
    linear, norms = list(graph.linear()), list(graph.norms())

    def norm(place, name):
        weight, bias, size = norms[place]
        state[f"{name}.weight"], state[f"{name}.bias"] = torch.tensor(weight * size), torch.tensor(bias * size)

    def product(place, name, size=None, times=1.0):
        weight, bias = linear[place]
        weight = weight if size is None else weight / size[:, None]
        state[f"{name}.weight"], state[f"{name}.bias"] = torch.tensor(weight.T.copy() * times), torch.tensor(bias * times)

    norm(0, "bert.embeddings.LayerNorm")
    for layer in range(layers):
        name, first, second = f"bert.encoder.layer.{layer}", norms[2 * layer][2], norms[2 * layer + 1][2]
        # The writer divides queries by the root of a head's width.
        product(6 * layer, f"{name}.attention.self.query", first, np.float32(np.sqrt(32)))
        product(6 * layer + 1, f"{name}.attention.self.key", first)
        product(6 * layer + 2, f"{name}.attention.self.value", first)
        product(6 * layer + 3, f"{name}.attention.output.dense")
        norm(2 * layer + 1, f"{name}.attention.output.LayerNorm")
        product(6 * layer + 4, f"{name}.intermediate.dense", second)
        product(6 * layer + 5, f"{name}.output.dense")
        norm(2 * layer + 2, f"{name}.output.LayerNorm")
    product(6 * layers, "bert.pooler.dense")
    last = next(node for node in graph.nodes if node.output[0] == "logits")
    rows = graph.made_by[graph.made_by[last.input[0]].input[0]]
    state["classifier.bias"] = torch.tensor(graph.constants[last.input[1]])
    state["classifier.weight"] = torch.tensor(next(graph.constants[name] for name in rows.input if name in graph.constants)[0])
    return state


def main():
    parse = argparse.ArgumentParser(description=__doc__)
    parse.add_argument("--model", required=True)
    parse.add_argument("--student", required=True)
    parse.add_argument("--out", required=True)
    args = parse.parse_args()
    tokenizer, model = training.load(args.student)
    model.load_state_dict(restored(args.model, model.state_dict(), model.config.num_hidden_layers))
    model.eval()
    shipped = onnxruntime.InferenceSession(args.model)
    for premise, hypothesis in EXAMPLES:
        encoded = tokenizer(premise, hypothesis, return_tensors="pt", return_token_type_ids=True)
        with torch.no_grad():
            here = model(**encoded).logits[0].numpy()
        there = shipped.run(None, {name: encoded[name].numpy() for name in ("input_ids", "token_type_ids")})[0][0]
        print(f"{premise!r}: at most {np.abs(here - there).max():.3f} off")
    training.save(model, args.out)


if __name__ == "__main__":
    main()
