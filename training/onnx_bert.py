"""Writes a BERT encoder as ONNX, from weights in safetensors, without a deep-learning framework.

The graph takes `input_ids` and `token_type_ids`, both int64 of shape [batch, length]. There is no attention mask:
Earmark's batches are of one length, so there is no padding, and a row cannot depend on what else is in its batch.

Weights are stored as int8 with one scale for each output column (embeddings: each row), symmetric around 0. Ways
of computing with them:
  stored  the weights are dequantised when the model is loaded and everything is computed in f32;
  rows    matrix products are computed in int8, each row of activations with its own scale. A row's scale depends on
          nothing but the row, so the result is the same whatever the batch.
`f32` is the reference that both are measured against.

`rows` and `stored` lose less if they know what the activations look like: `calibrate` runs the encoder over some
texts in f64 and collects, before each matrix product, the mean and the covariance of its input. With these
  - channels of the input are centred and brought to like sizes, the opposite being done to the weights;
  - weights are rounded one input channel after the other, the error of each being made good by those that follow;
  - the mean error that is left goes into the bias.
All of this is f64 and free of random numbers: the same weights and texts give the same file on the same machine.

On processors without VNNI an int8 product adds neighbouring pairs of products in 16 bits, saturating. `PAIR` keeps
the weights so small that no activations can get there: without it the model would be right on some machines only.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 20
# 255 * PAIR < 2**15: the most that weights of one sign may add up to within rows 2i and 2i + 1 of a column.
PAIR = 128
# GELU is never below -0.17. Its outputs are quantised with this zero point.
GELU_LEAST, GELU_ZERO = 0.17, 40


class Moments:
    """What is known of the input of a matrix product: its mean, its covariance and some of its rows."""

    ROWS = 2048

    def __init__(self, x):
        self.mean = x.mean(0)
        self.covariance = x.T @ x / len(x) - np.outer(self.mean, self.mean)
        self.sample = x[:: -(-len(x) // self.ROWS)]


def calibrate(weights, examples, heads=12, prefix=""):
    """The moments of each matrix product's input, by (layer, name), over `examples`: pairs of token ids and types."""
    from scipy.special import erf

    get = lambda name: np.asarray(weights[prefix + name], dtype=np.float64)

    def norm(x, name):
        x = x - x.mean(-1, keepdims=True)
        x = x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-12)
        return x * get(name + ".weight") + get(name + ".bias")

    def linear(x, name):
        return x @ get(name + ".weight").T + get(name + ".bias")

    ends = np.cumsum([len(ids) for ids, _ in examples])
    join = lambda lists: np.concatenate([np.asarray(part) for part in lists])
    x = get("embeddings.word_embeddings.weight")[join(ids for ids, _ in examples)]
    x += get("embeddings.token_type_embeddings.weight")[join(types for _, types in examples)]
    x += get("embeddings.position_embeddings.weight")[join(range(len(ids)) for ids, _ in examples)]
    x = norm(x, "embeddings.LayerNorm")
    found, layer = {}, 0
    while f"{prefix}encoder.layer.{layer}.output.dense.weight" in weights:
        at = f"encoder.layer.{layer}."
        found[layer, "attention"] = Moments(x)
        q, k, v = (linear(x, at + f"attention.self.{part}") for part in ("query", "key", "value"))
        mixed = np.empty_like(x)
        for start, end in zip([0, *ends], ends):
            one, two, three = (part[start:end].reshape(end - start, heads, -1).swapaxes(0, 1) for part in (q, k, v))
            s = one @ two.swapaxes(1, 2) / np.sqrt(one.shape[-1])
            s = np.exp(s - s.max(-1, keepdims=True))
            s = (s / s.sum(-1, keepdims=True)) @ three
            mixed[start:end] = s.swapaxes(0, 1).reshape(end - start, -1)
        found[layer, "mixed"] = Moments(mixed)
        x = norm(linear(mixed, at + "attention.output.dense") + x, at + "attention.output.LayerNorm")
        found[layer, "hidden"] = Moments(x)
        y = linear(x, at + "intermediate.dense")
        y *= (1 + erf(y / np.sqrt(2))) / 2
        found[layer, "gelu"] = Moments(y)
        x = norm(linear(y, at + "output.dense") + x, at + "output.LayerNorm")
        layer += 1
    return found


def smoothing(moments, weight):
    """(centre, size) of each channel, so that (x - centre) / size has rows that lose little by a scale for each.

    The loss is, up to a factor, the mean of the rows' largest squares times the sum of the squares of the weights
    that rounding errors meet. Of a family of sizes the best on the sample is taken."""
    centre = moments.mean
    x = moments.sample - centre
    spread = np.sqrt(np.diag(moments.covariance))
    reach = np.abs(x).max(0)
    heavy = np.sqrt((weight.astype(np.float64) ** 2).sum(1))
    best = None
    for least in (spread, reach):
        for a in np.arange(0, 1.01, 0.1):
            for b in np.arange(0, 1.01, 0.1):
                size = least**a / heavy**b
                loss = ((x / size) ** 2).max(1).mean() * ((size * heavy) ** 2).sum()
                if best is None or loss < best[0]:
                    best = loss, size
    size = best[1] / np.exp(np.log(best[1]).mean())
    return centre.astype(np.float32), size.astype(np.float32)


def quantise(weight, covariance=None, pair=None):
    """Symmetric int8 of `weight` [in, out] with a scale for each column, for inputs of this covariance (without one:
    all channels alike). `pair` limits what weights of one sign add up to within rows 2i and 2i + 1."""
    weight = np.asarray(weight, dtype=np.float64)
    (rows, columns), half = weight.shape, (pair or 0) // 2
    assert rows % 2 == 0
    top = np.abs(weight).max(0).clip(1e-12)
    each = np.ones((rows, 1)) if covariance is None else np.diag(covariance)[:, None]

    def rounded(v, other, spare):
        """v as whole numbers that leave room for `other`, their neighbours, but at least have `spare` themselves."""
        if not pair:
            return np.clip(np.rint(v), -127, 127)
        low = np.clip(pair - np.rint(-other).clip(0, None), spare, 127)
        high = np.clip(pair - np.rint(other).clip(0, None), spare, 127)
        return np.clip(np.rint(v), -low, high)

    # The scale of each column, by plain rounding.
    best_loss, scale, q = np.full(columns, np.inf), top, np.zeros_like(weight)
    for shrink in (1.4, 1.2, 1.1, 1.0, 0.9, 0.8, 0.7):
        trial = (top * shrink / 127).astype(np.float32).astype(np.float64)
        v = weight / trial
        q[::2] = rounded(v[::2], v[1::2], half)
        q[1::2] = rounded(v[1::2], q[::2], 0)
        loss = (each * (weight - q * trial) ** 2).sum(0)
        scale = np.where(loss < best_loss, trial, scale)
        best_loss = np.minimum(loss, best_loss)

    # Rounding in which later rows make good the errors of earlier ones (GPTQ).
    h = np.eye(rows) if covariance is None else covariance + np.eye(rows) * 0.01 * each.mean()
    follow = np.linalg.cholesky(np.linalg.inv(h)).T
    w, block = weight.copy(), 32
    for start in range(0, rows, block):
        end = min(start + block, rows)
        errors = np.zeros((end - start, columns))
        for i in range(start, end):
            if i % 2 == 0:
                q[i] = rounded(w[i] / scale, w[i + 1] / scale, half)
            else:
                q[i] = rounded(w[i] / scale, q[i - 1], 0)
            errors[i - start] = (w[i] - q[i] * scale) / follow[i, i]
            w[i + 1 : end] -= np.outer(follow[i, i + 1 : end], errors[i - start])
        w[end:] -= follow[start:end, end:].T @ errors
    for sign in (1, -1):
        together = (sign * q).clip(0, None)
        assert not pair or (together[::2] + together[1::2]).max() <= pair
    return q.astype(np.int8), scale.astype(np.float32)


def quantise_table(table):
    """Symmetric int8 of each row of an embedding table, with a scale for each."""
    table = np.asarray(table, dtype=np.float32)
    top = np.abs(table).max(1, keepdims=True).clip(1e-12)
    best_loss, scale = np.full(top.shape, np.inf), top
    for shrink in (1.0, 0.95, 0.9, 0.85, 0.8):
        trial = (top * np.float32(shrink / 127)).astype(np.float32)
        loss = ((table - np.clip(np.rint(table / trial), -127, 127) * trial) ** 2).sum(1, keepdims=True)
        scale = np.where(loss < best_loss, trial, scale)
        best_loss = np.minimum(loss, best_loss)
    return np.clip(np.rint(table / scale), -127, 127).astype(np.int8), scale


class Graph:
    """Collects nodes and constants; methods return the names of their results."""

    def __init__(self, compute, calibration=None):
        self.compute, self.calibration = compute, calibration or {}
        self.nodes, self.constants, self.count = [], {}, 0

    def name(self, hint):
        self.count += 1
        return f"{hint}_{self.count}"

    def const(self, array, hint="c"):
        array = np.asarray(array)
        key = (array.dtype.str, array.shape, array.tobytes()) if array.size < 64 else None
        for name, (known, _) in self.constants.items():
            if key is not None and known == key:
                return name
        name = self.name(hint)
        self.constants[name] = (key, numpy_helper.from_array(array, name))
        return name

    def op(self, kind, *inputs, outputs=1, **attributes):
        names = [self.name(kind.lower()) for _ in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def f32(self, value):
        return self.const(np.float32(value))

    def ints(self, *values):
        return self.const(np.array(values, dtype=np.int64))

    def rows(self, x, gelu=False):
        """x quantised to uint8 with a scale for each row: (uint8 rows, scales, zero point).

        A quotient of tensors would round differently for a batch of one; a reciprocal does not."""
        high = self.op("ReduceMax", x, self.ints(-1), keepdims=1)
        if gelu:
            zero = GELU_ZERO
            scale = self.op("Mul", high, self.f32(1 / (255 - zero)))
            scale = self.op("Max", scale, self.f32(GELU_LEAST / zero))
        else:
            zero = 128
            low = self.op("ReduceMin", x, self.ints(-1), keepdims=1)
            top = self.op("Max", self.op("Max", high, self.op("Neg", low)), self.f32(1e-8))
            scale = self.op("Mul", top, self.f32(1 / 127))
        x = self.op("Mul", x, self.op("Reciprocal", scale))
        zero = self.const(np.uint8(zero))
        return self.op("QuantizeLinear", x, self.f32(1), zero), scale, zero

    def linear(self, x, weight, bias, known=None, quantised=None, gelu=False):
        """x @ weight + bias; `weight` is [in, out], `known` the mean and covariance of x."""
        mean, covariance = known or (None, None)
        bias = np.asarray(bias, dtype=np.float64)
        if self.compute == "f32":
            y = self.op("MatMul", x, self.const(np.ascontiguousarray(weight, dtype=np.float32), "w"))
            return self.op("Add", y, self.const(bias.astype(np.float32)))
        q, scale = quantise(weight, covariance, PAIR if self.compute == "rows" else None)
        if mean is not None:
            bias = bias + mean @ (weight - q * scale.astype(np.float64))
        if self.compute == "rows":
            x, x_scale, zero = quantised or self.rows(x, gelu)
            y = self.op("MatMulInteger", x, self.const(q, "w"), zero, self.const(np.int8(0)))
            y = self.op("Mul", self.op("Cast", y, to=TensorProto.FLOAT), self.const(scale))
            y = self.op("Mul", y, x_scale)
        else:
            zeros = self.const(np.zeros(q.shape[1], dtype=np.int8))
            y = self.op("DequantizeLinear", self.const(q, "w"), self.const(scale), zeros, axis=1)
            y = self.op("MatMul", x, y)
        return self.op("Add", y, self.const(bias.astype(np.float32)))

    def embed(self, ids, table):
        if self.compute == "f32":
            return self.op("Gather", self.const(table, "w"), ids)
        q, scale = quantise_table(table)
        rows = self.op("Cast", self.op("Gather", self.const(q, "w"), ids), to=TensorProto.FLOAT)
        return self.op("Mul", rows, self.op("Gather", self.const(scale), ids))


class Channels:
    """How the channels of a matrix product's input are moved and resized: x becomes (x - centre) / size."""

    def __init__(self, g, key, weight):
        self.moments = g.calibration.get(key)
        self.centre, self.size = np.zeros(weight.shape[0], np.float32), np.ones(weight.shape[0], np.float32)
        self.on = g.compute == "rows" and self.moments is not None and key[1] != "gelu"
        if self.on:
            self.centre, self.size = smoothing(self.moments, weight)

    def known(self):
        """Mean and covariance of the input as it is now."""
        if self.moments is None:
            return None
        size = self.size.astype(np.float64)
        return (self.moments.mean - self.centre) / size, self.moments.covariance / np.outer(size, size)

    def into(self, weight, bias):
        """The product whose output has these channels, so that it comes out moved and resized."""
        return weight / self.size, (bias - self.centre) / self.size

    def out(self, weight, bias):
        """The product whose input has these channels, so that it takes the moved and resized input."""
        return weight * self.size[:, None], bias + self.centre.astype(np.float64) @ weight


def encoder(g, w, heads, prefix=""):
    """Hidden states [batch, length, width] of a BERT encoder with the weights `w`."""
    get = lambda name: np.asarray(w[prefix + name], dtype=np.float32).astype(np.float64)
    single = lambda array: np.ascontiguousarray(array, dtype=np.float32)
    words = single(get("embeddings.word_embeddings.weight"))
    width = words.shape[1]
    size = width // heads
    layers = 0
    while f"{prefix}encoder.layer.{layers}.output.dense.weight" in w:
        layers += 1

    def part(layer, name):
        weight, bias = get(f"encoder.layer.{layer}.{name}.weight"), get(f"encoder.layer.{layer}.{name}.bias")
        return (weight.T, bias) if weight.ndim == 2 else (weight, bias)

    def projections(layer):
        q, k, v = (part(layer, "attention.self." + name) for name in ("query", "key", "value"))
        q = q[0] / np.sqrt(size), q[1] / np.sqrt(size)
        return q, k, v

    def normed(x, weights, channels):
        """The norm of x with its channels moved and resized."""
        weight, bias = channels.into(*weights) if channels else weights
        return g.op(
            "LayerNormalization", x, g.const(single(weight)), g.const(single(bias)), axis=-1, epsilon=1e-12
        )

    def residual(y_bias, x, channels):
        """(what is to be added to a bias, x as it was before its channels were moved and resized)"""
        if not channels.on:
            return y_bias, x
        return y_bias + channels.centre, g.op("Mul", x, g.const(channels.size))

    entries = []
    for layer in range(layers):
        (q, _), (k, _), (v, _) = projections(layer)
        entries.append(Channels(g, (layer, "attention"), np.concatenate([q, k, v], axis=1)))
    entries.append(None)

    x = g.embed("input_ids", words)
    kinds = single(get("embeddings.token_type_embeddings.weight"))
    x = g.op("Add", x, g.op("Gather", g.const(kinds), "token_type_ids"))
    length = g.op("Slice", g.op("Shape", "input_ids"), g.ints(1), g.ints(2), g.ints(0))
    places = g.const(single(get("embeddings.position_embeddings.weight")))
    x = g.op("Add", x, g.op("Slice", places, g.ints(0), length, g.ints(0)))
    x = normed(x, (get("embeddings.LayerNorm.weight"), get("embeddings.LayerNorm.bias")), entries[0])
    split = g.ints(0, 0, heads, size)
    for layer in range(layers):
        entry = entries[layer]
        output, output_bias = part(layer, "attention.output.dense")
        mixed = Channels(g, (layer, "mixed"), output)
        q, k, v = projections(layer)
        v = mixed.into(*v)
        shared = g.rows(x) if g.compute == "rows" else None
        known = entry.known()

        def project(weights, perm):
            y = g.linear(x, *entry.out(*weights), known, shared)
            return g.op("Transpose", g.op("Reshape", y, split), perm=perm)

        q, k, v = project(q, [0, 2, 1, 3]), project(k, [0, 2, 3, 1]), project(v, [0, 2, 1, 3])
        y = g.op("MatMul", g.op("Softmax", g.op("MatMul", q, k), axis=-1), v)
        y = g.op("Reshape", g.op("Transpose", y, perm=[0, 2, 1, 3]), g.ints(0, 0, width))
        output, output_bias = mixed.out(output, output_bias)
        output_bias, x = residual(output_bias, x, entry)
        x = g.op("Add", g.linear(y, output, output_bias, mixed.known()), x)
        inner, inner_bias = part(layer, "intermediate.dense")
        hidden = Channels(g, (layer, "hidden"), inner)
        x = normed(x, part(layer, "attention.output.LayerNorm"), hidden)
        y = g.op("Gelu", g.linear(x, *hidden.out(inner, inner_bias), hidden.known()))
        outer, outer_bias = part(layer, "output.dense")
        outer_bias, x = residual(outer_bias, x, hidden)
        y = g.linear(y, outer, outer_bias, Channels(g, (layer, "gelu"), outer).known(), gelu=True)
        x = normed(g.op("Add", y, x), part(layer, "output.LayerNorm"), entries[layer + 1])
    return x


def finish(g, output, shape, path, doc):
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"])
        for name in ("input_ids", "token_type_ids")
    ]
    out = helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)
    graph = helper.make_graph(g.nodes, "bert", inputs, [out], [tensor for _, tensor in g.constants.values()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
    model.producer_name, model.doc_string = "earmark", doc
    onnx.checker.check_model(model)
    onnx.save(model, path)


def embedder(weights, path, compute="stored", heads=12, doc="", calibration=None):
    """Mean-pooled sentence vectors: output `embedding` [batch, width]. Bringing them to length 1 is left to the
    caller: a division here would round differently for a batch of one."""
    g = Graph(compute, calibration)
    x = encoder(g, weights, heads)
    width = weights["embeddings.word_embeddings.weight"].shape[1]
    g.nodes.append(helper.make_node("ReduceMean", [x, g.ints(1)], ["embedding"], keepdims=0))
    finish(g, "embedding", ["batch", width], path, doc)


def classifier(weights, path, compute="stored", heads=12, prefix="bert.", doc="", calibration=None):
    """Logits of a sentence-pair classifier with BERT's pooler: output `logits` [batch, classes]."""
    g = Graph(compute, calibration)
    x = encoder(g, weights, heads, prefix)
    first = g.op("Gather", x, g.const(np.int64(0)), axis=1)
    get = lambda name: np.asarray(weights[name], dtype=np.float32)
    # Both products are written so that a batch of one takes the same path through the runtime as any other.
    pooled = g.op("Tanh", g.linear(first, get(prefix + "pooler.dense.weight").T, get(prefix + "pooler.dense.bias")))
    spread = g.op("Mul", g.op("Unsqueeze", pooled, g.ints(1)), g.const(get("classifier.weight")[None]))
    logits = g.op("ReduceSum", spread, g.ints(-1), keepdims=0)
    g.nodes.append(helper.make_node("Add", [logits, g.const(get("classifier.bias"))], ["logits"]))
    finish(g, "logits", ["batch", get("classifier.weight").shape[0]], path, doc)
