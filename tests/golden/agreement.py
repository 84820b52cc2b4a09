"""Writes agreement.json beside it: tables drawn from a fixed seed, and what other implementations make of them.

A value of null means that the number is undefined there (they raise, warn or answer NaN). Run with

    pip install numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1 statsmodels==0.15.0 pandas==3.1.1 \
        krippendorff==0.9.0 pingouin==0.7.0
    pip install --no-deps rsmtool==12.0.0
    python tests/golden/agreement.py
"""

import importlib.util
import json
import math
import warnings
from pathlib import Path
from types import SimpleNamespace

import krippendorff
import numpy as np
import pandas as pd
import pingouin
from scipy import stats
from sklearn import calibration, metrics
from statsmodels.stats import inter_rater, proportion

warnings.simplefilter("ignore")
rng = np.random.default_rng(20120131)
cases = []


def rsmtool_file():
    """rsmtool's PRMSE file alone, without what its reports need."""
    folder = Path(importlib.util.find_spec("rsmtool").submodule_search_locations[0])
    spec = importlib.util.spec_from_file_location("prmse", folder / "utils" / "prmse.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


rsmtool = rsmtool_file()


def plain(value):
    if isinstance(value, (np.ndarray, list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if value is None or not math.isfinite(value):
        return None
    return float(value)


def case(kind, given, expect):
    """`expect` maps a name to a function without arguments, or to a value."""
    found = {}
    for name, value in expect.items():
        try:
            found[name] = plain(value() if callable(value) else value)
        except (ValueError, ZeroDivisionError, AssertionError, FloatingPointError):
            found[name] = None
    cases.append({"kind": kind, "given": {key: plain(value) for key, value in given.items()}, "expect": found})


def levels(scale, n, noise, margin):
    """Two raters' scores; `margin` pushes nearly all into one level."""
    low, high = scale
    if margin == "extreme":
        first = np.where(rng.random(n) < 0.95, high, rng.integers(low, high + 1, n))
    else:
        first = rng.integers(low, high + 1, n)
    second = np.clip(np.rint(first + rng.normal(0, noise, n)), low, high).astype(int)
    if margin == "flat":
        second[:] = low
    if margin == "same":
        first[:] = high
        second[:] = high
    return first, second


def scored():
    for margin in ["even", "extreme", "flat", "same"]:
        for scale in [(0, 1), (1, 5), (-2, 4), (0, 20)]:
            for n, noise in [(2, 1.0), (9, 0.0), (40, 0.7), (90, 3.0)]:
                first, second = levels(scale, n, noise, margin)
                names = list(range(scale[0], scale[1] + 1))
                kappa = lambda weights: metrics.cohen_kappa_score(first, second, labels=names, weights=weights)
                case("scored", {"scale": scale, "first": first, "second": second}, {
                    "cohen": lambda: kappa(None),
                    "linear": lambda: kappa("linear"),
                    "quadratic": lambda: kappa("quadratic"),
                    "exact": metrics.accuracy_score(first, second),
                    "adjacent": np.mean(np.abs(first - second) <= 1),
                    "confusion": metrics.confusion_matrix(first, second, labels=names),
                })


def pairs():
    for kind in ["plain", "ties", "flat", "far", "falling"]:
        for n in [2, 3, 10, 75]:
            first = rng.normal(3, 1, n).round(3)
            second = (first + rng.normal(0, 0.8, n)).round(3)
            if kind == "ties":
                first, second = first.round(), second.round()
            if kind == "flat":
                second = np.full(n, 0.1)
            if kind == "far":
                first, second = first + 1e6, second * 1e-6
            if kind == "falling":
                second = -second**3
            varies = first.std() > 0 and second.std() > 1e-12
            sd = lambda column: 0.0 if np.ptp(column) == 0 else column.std(ddof=1)
            pooled = math.sqrt((sd(first) ** 2 + sd(second) ** 2) / 2)
            shift = second.mean() - first.mean()
            case("pairs", {"first": first, "second": second}, {
                "pearson": lambda: stats.pearsonr(first, second).statistic if varies else None,
                "spearman": lambda: stats.spearmanr(first, second).statistic if varies else None,
                "kendall": lambda: stats.kendalltau(first, second, variant="b").statistic if varies else None,
                "mae": metrics.mean_absolute_error(first, second),
                "rmse": metrics.root_mean_squared_error(first, second),
                # The two denominators of rsmtool's standardized_mean_difference, "pooled" and "unpooled".
                "smd_pooled": shift / pooled if pooled > 0 else None,
                "smd_people": shift / sd(first) if sd(first) > 0 else None,
            })


def table(items, raters, missing, noise, flat):
    true = rng.integers(1, 6, items)
    scores = np.clip(np.rint(true[:, None] + rng.normal(0, noise, (items, raters))), 1, 5)
    if flat:
        scores[:] = 3
    scores[rng.random(scores.shape) < missing] = np.nan
    return scores


def alpha(scores, measure):
    several = scores[np.sum(~np.isnan(scores), axis=1) > 1]
    if several.size == 0 or len(np.unique(several[~np.isnan(several)])) < 2:
        return None
    return krippendorff.alpha(reliability_data=scores.T, level_of_measurement=measure)


def icc(scores, name):
    items, raters = scores.shape
    if np.isnan(scores).any() or raters < 2 or items < 2 or np.ptp(scores) == 0:
        return None
    long = pd.DataFrame({
        "item": np.repeat(np.arange(items), raters),
        "rater": np.tile(np.arange(raters), items),
        "score": scores.ravel(),
    })
    # pingouin refuses fewer than five rows; its arithmetic does not.
    if len(long) < 5:
        return icc_by_hand(scores, name)
    found = pingouin.intraclass_corr(long, targets="item", raters="rater", ratings="score")
    found = found.set_index("Type")["ICC"]
    found.index = [label.replace("(", "").replace(")", "").replace(",", "") for label in found.index]
    value = found[{"icc_1": "ICC11", "icc_2_1": "ICCA1", "icc_3_k": "ICCCk"}[name]] if "ICC11" in found.index else found[
        {"icc_1": "ICC1", "icc_2_1": "ICC2", "icc_3_k": "ICC3k"}[name]
    ]
    by_hand = icc_by_hand(scores, name)
    assert by_hand is None or abs(value - by_hand) < 1e-9 * max(1, abs(value)), (name, value, by_hand)
    return by_hand if by_hand is None else value


def icc_by_hand(scores, name):
    n, k = scores.shape
    rows, columns, grand = scores.mean(axis=1), scores.mean(axis=0), scores.mean()
    bms = k * ((rows - grand) ** 2).sum() / (n - 1)
    jms = n * ((columns - grand) ** 2).sum() / (k - 1)
    wms = ((scores - rows[:, None]) ** 2).sum() / (n * (k - 1))
    ems = ((scores - rows[:, None] - columns + grand) ** 2).sum() / ((n - 1) * (k - 1))
    above, below = {
        "icc_1": (bms - wms, bms + (k - 1) * wms),
        "icc_2_1": (bms - ems, bms + (k - 1) * ems + k * (jms - ems) / n),
        "icc_3_k": (bms - ems, bms),
    }[name]
    return above / below if below > 1e-12 else None


def fleiss(scores):
    counts = np.sum(~np.isnan(scores), axis=1)
    if counts.min() != counts.max() or counts[0] < 2:
        return None
    values = np.unique(scores[~np.isnan(scores)])
    if len(values) < 2:
        return None
    return inter_rater.fleiss_kappa([[np.sum(row == value) for value in values] for row in scores], method="fleiss")


def prmse(scores, machine):
    scored = np.sum(~np.isnan(scores), axis=1)
    keep = scored > 0
    if keep.sum() < 2 or scored.max() < 2 or np.nanstd(scores) == 0:
        return None
    # rsmtool divides by a negative variance all the same.
    if rsmtool.true_score_variance(scores[keep]) <= 0:
        return None
    return rsmtool.prmse_true(machine[keep], scores[keep])


def ratings():
    for items, raters in [(2, 2), (4, 3), (12, 2), (30, 4), (60, 3)]:
        for missing in [0.0, 0.2, 0.7]:
            for noise, flat in [(0.4, False), (2.0, False), (0.0, True)]:
                scores = table(items, raters, missing, noise, flat)
                machine = np.clip(np.nan_to_num(np.nanmean(scores, axis=1), nan=3) + rng.normal(0, 0.5, items), 1, 5).round(3)
                case("ratings", {"scores": scores, "machine": machine}, {
                    "nominal": lambda: alpha(scores, "nominal"),
                    "ordinal": lambda: alpha(scores, "ordinal"),
                    "interval": lambda: alpha(scores, "interval"),
                    "icc_1": lambda: icc(scores, "icc_1"),
                    "icc_2_1": lambda: icc(scores, "icc_2_1"),
                    "icc_3_k": lambda: icc(scores, "icc_3_k"),
                    "fleiss": lambda: fleiss(scores),
                    "prmse": lambda: prmse(scores, machine),
                })


def reliability():
    for n in [1, 7, 60, 300]:
        for bins in [1, 5, 10]:
            sure = rng.beta(3, 1.5, n).round(4)
            right = rng.random(n) < sure**2
            shares, means = calibration.calibration_curve(right, sure, n_bins=bins)
            counts = np.bincount(np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], sure), minlength=bins)
            counts = counts[counts > 0]
            case("confidences", {"sure": sure, "right": right, "bins": bins}, {
                "shares": shares,
                "means": means,
                "ece": np.sum(counts * np.abs(shares - means)) / n,
            })


def spans():
    for _ in range(20):
        length = 60
        found, wanted = np.zeros((2, length), bool), np.zeros((2, length), bool)
        given = {"found": [], "wanted": []}
        for name, mask in [("found", found), ("wanted", wanted)]:
            for _ in range(rng.integers(0, 4)):
                text, start = rng.integers(0, 2), rng.integers(0, length - 20)
                end = start + rng.integers(0, 20)
                mask[text, start:end] = True
                given[name].append([text, start, end])
        both = lambda score: score(wanted.ravel(), found.ravel(), zero_division=np.nan)
        case("spans", given, {
            "precision": lambda: both(metrics.precision_score),
            "recall": lambda: both(metrics.recall_score),
            "f1": lambda: both(metrics.f1_score),
            "iou": lambda: metrics.jaccard_score(wanted.ravel(), found.ravel()) if (found | wanted).any() else None,
        })


def proportions():
    for n in [1, 5, 30, 200, 5000, 100_000]:
        for hits in sorted({0, 1, n // 10, n // 2, n - 1, n}):
            for level in [0.8, 0.95, 0.99]:
                case("proportion", {"hits": hits, "trials": n, "level": level}, {
                    "wilson": proportion.proportion_confint(hits, n, alpha=1 - level, method="wilson"),
                    "upper": proportion.proportion_confint(hits, n, alpha=2 * (1 - level), method="beta")[1],
                })


def ranges():
    """Split conformal with ordinal sets, written out from the papers with numpy's own quantile."""
    def before(chances):
        inside = [int(np.argmax(chances))]
        grown = np.zeros(len(chances))
        while len(inside) < len(chances):
            sides = [at for at in (min(inside) - 1, max(inside) + 1) if 0 <= at < len(chances)]
            following = max(sides, key=lambda at: chances[at])
            grown[following] = sum(chances[at] for at in inside)
            inside.append(following)
        return grown

    for n, miss in [(9, 0.1), (19, 0.1), (50, 0.2), (150, 0.1), (7, 0.1)]:
        raw = rng.dirichlet(np.array([1.0, 2.0, 3.0, 2.0, 1.0]), n + 20).round(5)
        raw[:, 2] += 1 - raw.sum(axis=1)
        chances = raw.round(5)
        truth = np.array([rng.choice(5, p=row / row.sum()) for row in raw])
        normal = raw / raw.sum(axis=1, keepdims=True)
        befores = np.array([before(row) for row in normal])
        at_truth = np.sort(befores[np.arange(len(truth)), truth][:n])
        share = math.ceil(round((n + 1) * (1 - miss), 9)) / n
        cut = np.quantile(at_truth, share, method="inverted_cdf") if share <= 1 else None
        if cut is not None:
            sets = [np.flatnonzero(row <= cut) + 1 for row in befores[n:]]
            rank = round(share * n)
        case("forecasts", {"chances": chances, "truth": truth + 1, "calibrate": n, "miss": miss}, {
            "cut": cut,
            "lows": lambda: [each.min() for each in sets] if cut is not None else None,
            "highs": lambda: [each.max() for each in sets] if cut is not None else None,
            "band": stats.beta(rank, n + 1 - rank).ppf([0.025, 0.975]) if cut is not None else None,
        })


def intervals():
    """scipy's BCa and percentile ends of given resamples."""
    for n, skew in [(12, False), (40, True), (150, True)]:
        values = (rng.exponential(1, n) if skew else rng.normal(0, 1, n)).round(4)
        drawn = np.array([rng.choice(values, n).mean() for _ in range(400)])
        given = SimpleNamespace(bootstrap_distribution=drawn)
        parts = [np.delete(values, at).mean() for at in range(n)]
        ends = lambda method: list(stats.bootstrap(
            (values,), np.mean, n_resamples=0, bootstrap_result=given, confidence_level=0.9, method=method, axis=0,
        ).confidence_interval)
        case("interval", {"estimate": values.mean(), "drawn": drawn, "parts": parts, "level": 0.9}, {
            "bca": lambda: ends("BCa"),
            "percentile": lambda: ends("percentile"),
        })


def groups():
    for _ in range(6):
        n = int(rng.integers(20, 200))
        frame = pd.DataFrame({"group": rng.choice(["a", "b", "c"], n, p=[0.6, 0.3, 0.1]), "selected": rng.random(n) < 0.3})
        rates = frame.groupby("group")["selected"].agg(["size", "mean"])
        rates.loc[rates["size"] < 10, "mean"] = np.nan
        known = rates["mean"].notna().sum()
        ratios = rates["mean"] / rates["mean"].max() if known > 1 and rates["mean"].max() > 0 else rates["mean"] * np.nan
        case("groups", {"group": [list("abc").index(name) for name in frame["group"]], "selected": frame["selected"].to_numpy()}, {
            "rates": rates["mean"].to_numpy(),
            "ratios": ratios.to_numpy(),
        })


for write in [scored, pairs, ratings, reliability, spans, proportions, ranges, intervals, groups]:
    write()
lines = ",\n".join(json.dumps(each, separators=(",", ":"), allow_nan=False) for each in cases)
Path(__file__).with_suffix(".json").write_text(f"[\n{lines}\n]\n")
print(len(cases), "tables")
