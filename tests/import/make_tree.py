#!/usr/bin/python3
"""make_tree.py FOLDER [RUNS TISSUES STEPS] - a small published tree of results, and what
must be found in it.

FOLDER/tb_logs is written with the writers that the published programs use: PyYAML,
pandas and scikit-learn's classification_report.  TensorBoard's event files are written
here from the public description of records and messages, with nothing of hcelab.
FOLDER/expected_*.csv hold every number that an import must give.
FOLDER/details/*.csv become Parquet by make_details.mjs.

With RUNS the tree is a large one for measuring: RUNS runs of 164 classes, TISSUES tissues
with a row for each class in each, STEPS steps of curves; nothing is expected of it.

Needs numpy, pandas, scikit-learn, yaml (Debian: python3-numpy, ...)."""
import csv
import json
import math
import os
import struct
import sys

import numpy as np
import pandas as pd
import yaml
from sklearn.metrics import classification_report

HERE = os.path.dirname(os.path.abspath(__file__))
TYPES = os.path.join(HERE, "../../share/ontology/cell_types.tsv")
LOSS = {"ce": "", "hce": "_hierarchical_loss"}
METRICS = ["precision", "recall", "f1-score", "support"]

# --- the 164 types and what is below what ---


def read_types():
    with open(TYPES) as f:
        rows = list(csv.DictReader(f, delimiter="\t"))
    labels = sorted((r["label"] for r in rows), key=lambda s: s.encode())
    number = {label: i for i, label in enumerate(labels)}
    parents = {number[r["label"]]: [number[p] for p in r["parents"].split("|") if p]
               for r in rows}
    above = {}

    def ancestors(i):
        if i not in above:
            above[i] = set(parents[i])
            for p in parents[i]:
                above[i] |= ancestors(p)
        return above[i]

    for i in range(len(labels)):
        ancestors(i)
    return labels, above


LABELS, ABOVE = read_types()


def correct(y, p):
    """A predicted descendant counts as the true class."""
    return np.array([a if a in ABOVE[b] else b for a, b in zip(y, p)])


# --- TensorBoard ---

TABLE = []
for b in range(256):
    x = b
    for _ in range(8):
        x = (x >> 1) ^ (0x82F63B78 if x & 1 else 0)
    TABLE.append(x)


def masked(data):
    crc = 0xFFFFFFFF
    for b in data:
        crc = TABLE[(crc ^ b) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def record(data):
    head = struct.pack("<Q", len(data))
    return head + struct.pack("<I", masked(head)) + data + struct.pack("<I", masked(data))


def varint(x):
    out = b""
    while x > 0x7F:
        out += bytes([x & 0x7F | 0x80])
        x >>= 7
    return out + bytes([x])


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def event(wall, step=None, summary=b"", version=None):
    out = b"\x09" + struct.pack("<d", wall)
    if step is not None:
        out += b"\x10" + varint(step)
    if version:
        out += field(3, version)
    return record(out + (field(5, summary) if summary else b""))


def simple(tag, value):
    return field(1, field(1, tag.encode()) + b"\x15" + struct.pack("<f", value))


def tensor(tag, value, form):
    """The forms of TensorFlow 2: bytes, or packed numbers."""
    t = b"\x08\x02\x12\x00" if form == "double" else b"\x08\x01\x12\x00"
    if form == "content":
        t += field(4, struct.pack("<f", value))
    elif form == "float":
        t += field(5, struct.pack("<f", value))
    else:
        t += field(6, struct.pack("<d", value))
    plugin = field(9, field(1, field(1, b"scalars")))
    return field(1, field(1, tag.encode()) + plugin + field(8, t))


class Curves:
    """What an import must make of the events: the newest value of each step."""

    def __init__(self):
        self.points = {}  # tag -> list of (step, wall_s, value)

    def add(self, tag, step, wall_s, value):
        points = self.points.setdefault(tag, [])
        while points and points[-1][0] >= step:
            points.pop()
        points.append((step, wall_s, value))

    def rows(self):
        epochs = self.points.get("epoch", [])
        for tag, points in self.points.items():
            if tag == "epoch":
                continue
            for step, wall_s, value in points:
                epoch = max((e for s, _, e in epochs if s <= step), default=0)
                for s, _, e in epochs:
                    if s <= step:
                        epoch = e
                # Lightning counts steps from 0, hcelab from 1.
                yield ("lr" if tag.startswith("lr-") else tag, step + 1, int(epoch),
                       wall_s, value)


def write_events(folder, start, steps, n_epochs, rng, curves, offset, cut=False,
                 hp=True, form=None):
    """One session: steps (from, to); returns the seconds that it covers."""
    out = event(start, version=b"brain.Event:2")
    out += event(start + 0.1, summary=field(1, field(1, b"_hparams_/experiment") +
                                            field(9, field(1, field(1, b"hparams")))))
    wall = start

    def put(tag, step, value):
        nonlocal out
        value = struct.unpack("<f", struct.pack("<f", value))[0]
        v = tensor(tag, value, form) if form and tag == "train_loss" else simple(tag, value)
        out += event(wall, step, v)
        curves.add(tag, step, offset + (wall - start), value)

    per_epoch = 20
    for step in range(*steps):
        epoch = step // per_epoch
        if epoch >= n_epochs:
            break
        wall = start + 0.5 * (step - steps[0] + 1)
        if step % 5 == 4:
            put("epoch", step, epoch)
            put("train_loss", step, float("nan") if step == 44 else 3 * math.exp(-step / 40) +
                rng.normal(0, 0.05))
            put("train_f1_macro_step", step, rng.uniform(0, 1))
            put("lr-AdamW", step, 5e-4 * 0.9**epoch)
        if step % per_epoch == per_epoch - 1:
            put("val_loss", step, 2 * math.exp(-step / 40))
            f1 = 1 - math.exp(-(step + 1) / 50) + rng.normal(0, 0.02)
            put("val_f1_macro", step, min(max(f1, 0), 1))
            if hp:
                put("hp_metric", step, min(max(f1, 0), 1))
            put("val_f1_micro", step, rng.uniform(0.5, 1))
            put("epoch", step, epoch)
    if cut:
        out += event(wall + 1, steps[1], simple("train_loss", 1.0))[:-7]
    name = f"events.out.tfevents.{int(start)}.node17.{4711 + int(start) % 7}.0"
    with open(os.path.join(folder, name), "wb") as f:
        f.write(out)
    return wall - start


# --- parameters ---


def python_name(name):
    return type("Named", (), {"name": name})()


yaml.add_multi_representer(
    object, lambda d, x: d.represent_scalar("tag:yaml.org,2002:python/name:" + x.name, "")
    if type(x).__name__ == "Named" else yaml.representer.Representer.represent_object(d, x),
    Dumper=yaml.Dumper)

HPARAMS = {
    "linear": {"learning_rate": 0.0005, "weight_decay": 0.01},
    "mlp": {"learning_rate": 0.002, "weight_decay": 0.05, "hidden_size": 128,
            "n_hidden": 8, "dropout": 0.1, "augment_training_data": True},
    "tabnet": {"learning_rate": 0.005, "weight_decay": 0.05, "lambda_sparse": 1e-05,
               "n_d": 128, "n_a": 64, "n_steps": 1, "gamma": 1.3, "n_independent": 5,
               "n_shared": 3, "epsilon": 1e-15, "virtual_batch_size": 256,
               "momentum": 0.02, "mask_type": "entmax", "augment_training_data": True},
}


def write_params(folder, model, loss, seed, numpy_scalars=False, with_json=True):
    count = np.int64 if numpy_scalars else int
    hp = {"gene_dim": 19331, "type_dim": 164, "train_set_size": count(15_240_192),
          "val_set_size": count(3_500_032), "batch_size": 2048,
          "optimizer": python_name("torch.optim.adamw.AdamW"),
          "lr_scheduler": python_name("torch.optim.lr_scheduler.StepLR"),
          "lr_scheduler_kwargs": {"step_size": 1, "gamma": 0.9, "verbose": True},
          "betas": (0.9, 0.999), "nothing": None, "text": "a: b # c", **HPARAMS[model]}
    with open(os.path.join(folder, "hparams.yaml"), "w") as f:
        yaml.dump(hp, f)
    if with_json:
        with open(os.path.join(folder, "parameters.json"), "w") as f:
            json.dump({"model_name": model, "use_hierarchical_loss": loss == "hce",
                       "seed": seed, "epochs": 50, "early_stopping_patience": 10,
                       "data_path": "/data/cxg_2023_05_15", "ratio": 0.1 + 0.2,
                       "list": [1, {"a": None}]}, f, indent=4)


# --- tables ---


def report(y, p, **kw):
    return pd.DataFrame(classification_report(y, p, output_dict=True, zero_division=0,
                                              **kw)).T


class Expected:
    def __init__(self):
        self.f1, self.averages, self.curves, self.runs, self.confusions = [], [], [], [], []

    def averages_of(self, key, facet, label, rep, n_classes, in_table):
        macro, weighted = rep.loc["macro avg"], rep.loc["weighted avg"]
        if "accuracy" in rep.index:
            micro = accuracy = rep.loc["accuracy", "f1-score"]
        else:
            row = rep.loc["micro avg"]
            micro, accuracy = row["f1-score"], row["recall"]
        self.f1.append([*key, facet, label, "", macro["precision"], macro["recall"],
                        macro["f1-score"], weighted["f1-score"], micro, accuracy,
                        int(macro["support"]), n_classes])
        if not in_table:
            return
        if "micro avg" in rep.index:
            self.averages.append([*key, facet, label, "micro", *rep.loc["micro avg"][:3]])
        self.averages.append([*key, facet, label, "weighted", *weighted[:3]])

    def class_of(self, key, facet, label, class_name, row):
        self.f1.append([*key, facet, label, class_name, row["precision"], row["recall"],
                        row["f1-score"], "", "", "", int(row["support"]), 1])

    def write(self, folder):
        f1 = ["run", "evaluation", "rule", "facet", "label", "class", "precision", "recall",
              "f1", "f1_weighted", "f1_micro", "accuracy", "support", "n_classes"]
        for name, columns, rows in (
                ("f1", f1, self.f1),
                ("averages", f1[:5] + ["average", "precision", "recall", "f1"],
                 self.averages),
                ("curves", ["run", "metric", "step", "epoch", "wall_s", "value"],
                 self.curves),
                ("confusions", ["run", "evaluation", "true", "predicted", "n"],
                 self.confusions),
                ("runs", ["run", "model", "loss", "seed", "n_train", "n_val", "best_epoch",
                          "step", "learning_rate", "max_epochs"], self.runs)):
            pd.DataFrame(rows, columns=columns).to_csv(
                os.path.join(folder, f"expected_{name}.csv"), index=False)


NUMBERS = [str(i) for i in range(164)]


def is_class(name):
    return name in NUMBERS


def split_report(rep):
    classes = rep.index.map(is_class)
    return rep[~classes], rep[classes]


def write_overall(out, model, key, y, p, in_distribution, expected):
    """The published two tables: all rows cut in two."""
    rep = report(y, p) if in_distribution else report(y, p, labels=np.unique(y))
    overall, classes = split_report(rep)
    overall.to_csv(os.path.join(out, f"{model}_overall_metrics.csv"))
    classes.to_csv(os.path.join(out, f"{model}_per_class_metrics.csv"))
    expected.averages_of(key, "all", "all", overall, len(classes), True)
    for name, row in classes.iterrows():
        expected.class_of(key, "class", LABELS[int(name)], "", row)
    if not in_distribution:
        return
    few = np.unique(y)[::2]
    subset, _ = split_report(report(y, p, labels=few))
    subset.to_csv(os.path.join(out, f"{model}_subset_metrics.csv"))
    expected.averages_of(key, "subset", "classes of ood", subset, 0, True)


def group_reports(y, p, group):
    for g in np.unique(group):
        at = group == g
        yield g, report(y[at], p[at], labels=np.unique(y[at]))


def write_groups(out, model, key, y, p, obs, expected):
    """Tables of groups, each of another shape."""
    rows = []  # tissue: the report's macro row, group named, no index
    for g, rep in group_reports(y, p, obs["tissue"]):
        m = rep.loc["macro avg"]
        rows.append([g, m["precision"], m["recall"], m["f1-score"], m["support"]])
        expected.f1.append([*key, "tissue", g, "", m["precision"], m["recall"],
                            m["f1-score"], "", "", "", int(m["support"]), 0])
    pd.DataFrame(rows, columns=["tissue", *METRICS]).to_csv(
        os.path.join(out, f"{model}_per_tissue_metrics.csv"), index=False)

    rows = []  # disease: f1 only, a count of rows before and a column nobody knows
    for g, rep in group_reports(y, p, obs["disease"]):
        f1, w = rep.loc["macro avg", "f1-score"], rep.loc["weighted avg", "f1-score"]
        rows.append([g, f1, w, 3, int(rep.loc["macro avg", "support"])])
        expected.f1.append([*key, "disease", g, "", "", "", f1, w, "", "",
                            int(rep.loc["macro avg", "support"]), 0])
    pd.DataFrame(rows, columns=["disease", "f1_macro", "f1_weighted", "n_studies",
                                "n_cells"]).to_csv(
        os.path.join(out, f"{model}_per_disease_metrics.csv"))

    frames = []  # assay: a whole report for each group
    for g, rep in group_reports(y, p, obs["assay"]):
        frames.append(rep.assign(assay=g))
        _, classes = split_report(rep)
        expected.averages_of(key, "assay", g, rep, len(classes), True)
        for name, row in classes.iterrows():
            expected.class_of(key, "assay", g, LABELS[int(name)], row)
    pd.concat(frames).to_csv(os.path.join(out, f"{model}_per_assay_metrics.csv"))

    rows = []  # tissue_general: the group is the index without a name; classes by label
    for g, rep in group_reports(y, p, obs["tissue_general"]):
        for name, row in split_report(rep)[1].iterrows():
            rows.append([g, LABELS[int(name)], *row[:3], int(row["support"])])
            expected.class_of(key, "tissue_general", g, LABELS[int(name)], row)
    pd.DataFrame(rows, columns=["", "cell_type", *METRICS]).set_index("").to_csv(
        os.path.join(out, f"{model}_per_tissue_general_metrics.csv"))


def expect_details(key, y, p, obs, expected, before):
    """What predictions give by themselves where the tables have nothing."""
    have = {tuple(r[:6]): r for r in expected.f1[before:]}
    for rule, q in (("exact", p), ("hierarchy", correct(y, p))):
        k = [key[0], key[1], rule]
        made = Expected()
        rep = report(y, q, labels=np.unique(y))
        made.averages_of(k, "all", "all", rep, len(np.unique(y)), False)
        for name, row in split_report(rep)[1].iterrows():
            made.class_of(k, "class", LABELS[int(name)], "", row)
        for facet in ("tissue", "tissue_general", "disease", "assay", "dataset_id",
                      "donor_id"):
            for g, rep in group_reports(y, q, obs[facet]):
                classes = split_report(rep)[1]
                made.averages_of(k, facet, g, rep, len(classes), False)
                for name, row in classes.iterrows():
                    made.class_of(k, facet, g, LABELS[int(name)], row)
        for r in made.f1:
            old = have.get(tuple(r[:6]))
            if old is None:
                expected.f1.append(r)
            else:
                old[6:12] = [b if a == "" else a for a, b in zip(old[6:12], r[6:12])]
                old[13] = old[13] or r[13]
    for a, b in sorted(set(zip(y, p))):
        expected.confusions.append([key[0], key[1], LABELS[a], LABELS[b],
                                    int(np.sum((y == a) & (p == b)))])


def write_details(folder, name, y, p, obs, rng):
    d = pd.DataFrame({"y_true": y, "y_pred": p, "cell_type": [LABELS[i] for i in y],
                      "soma_joinid": np.arange(len(y)) + 10_000_000, **obs})
    d["y_probs"] = [" ".join(f"{v:.3f}" for v in rng.uniform(0, 1, 3)) for _ in y]
    os.makedirs(folder, exist_ok=True)
    d.to_csv(os.path.join(folder, name + ".csv"), index=False)


# --- cells ---


def make_cells(n, rng, n_classes=13):
    classes = rng.permutation(164)[:n_classes]
    y = np.sort(rng.choice(classes, n))
    near = {c: [d for d in range(164) if c in ABOVE[d] or d in ABOVE[c]] or [c]
            for c in classes}
    p = np.array([c if u < 0.55 else rng.choice(near[c]) if u < 0.8 else rng.choice(classes)
                  for c, u in zip(y, rng.uniform(0, 1, n))])
    pick = lambda names: rng.choice(np.array(names, dtype=object), n)
    obs = {"assay": pick(["10x 3' v2", "10x 3' v3"]),
           "dataset_id": pick(["d-1", "d-2"]),
           "donor_id": pick(["p1", "p2"]),
           "development_stage": pick(["adult"]),
           "disease": pick(["normal", 'COVID-19, "severe"', "crohn\u2019s"]),
           "tissue": pick(["lung", "lung parenchyma", "blood"]),
           "tissue_general": pick(["lung", "blood"])}
    return y, p, obs


def folder_of(out, model, loss, version):
    path = os.path.join(out, "tb_logs", model + LOSS[loss], "default",
                        f"version_{version}")
    os.makedirs(os.path.join(path, "sctab_test"), exist_ok=True)
    return path


def make_run(out, model, loss, version, seed, cells, expected, rng, **how):
    path = folder_of(out, model, loss, version)
    name = f"{model}-{loss}-s{seed}"
    write_params(path, model, loss, seed, how.get("numpy_scalars", False),
                 how.get("with_json", True))
    curves = Curves()
    start = 1700000000.25 + 1000 * version + (500 if loss == "hce" else 0)
    if how.get("restart"):
        took = write_events(path, start, (0, 55), 5, rng, curves, 0, cut=True)
        write_events(path, start + 90, (40, 100), 5, rng, curves, took, hp=False)
    else:
        write_events(path, start, (0, 80), 4, rng, curves, 0, form=how.get("form"))
    expected.curves += [[name, *row] for row in curves.rows()]
    os.makedirs(os.path.join(path, "checkpoints"))
    best = max(curves.points["val_f1_macro"], key=lambda r: (r[2], -r[0]))
    ckpt = f"val_f1_macro_epoch={best[0] // 20}_val_f1_macro={best[2]:.3f}.ckpt"
    with open(os.path.join(path, "checkpoints", ckpt), "wb") as f:
        f.write(b"no checkpoint, but a file")
    last = max(points[-1][0] for points in curves.points.values())
    expected.runs.append([name, model, loss, seed, 15_240_192, 3_500_032,
                          best[0] // 20, last + 1, HPARAMS[model]["learning_rate"],
                          50])
    y, p, obs = cells
    n = len(y) // 2
    for evaluation, at, where in (("ood", slice(0, n), path),
                                  ("id", slice(n, None), os.path.join(path, "sctab_test"))):
        if evaluation not in how.get("evaluations", ("ood", "id")):
            continue
        yy, pp = y[at], p[at]
        oo = {k: v[at] for k, v in obs.items()}
        flip = rng.uniform(0, 1, len(yy)) < 0.1
        pp = np.where(flip, yy, pp)
        key = [name, evaluation, "hierarchy"]
        before = len(expected.f1)
        write_overall(where, model, key, yy, correct(yy, pp), evaluation == "id", expected)
        if how.get("groups") and evaluation == "ood":
            write_groups(where, model, key, yy, correct(yy, pp), oo, expected)
        if how.get("details") == evaluation:
            expect_details(key, yy, pp, oo, expected, before)
            rel = os.path.relpath(where, out).replace(os.sep, "__")
            write_details(os.path.join(out, "details"),
                          f"{rel}__{model}_detailed_results", yy, pp, oo, rng)


def small(out):
    expected, rng = Expected(), np.random.default_rng(7)
    cells = make_cells(260, rng)
    make = lambda *a, **how: make_run(out, *a, cells, expected, rng, **how)
    make("linear", "ce", 0, 3, groups=True)
    make("linear", "hce", 0, 3, groups=True, details="ood", numpy_scalars=True)
    make("linear", "ce", 1, 4, evaluations=("ood",), form="content")
    make("linear", "hce", 1, 4, evaluations=("ood",), form="float")
    make("mlp", "ce", 0, 0, evaluations=("id",), details="id", form="double")
    make("mlp", "hce", 2, 2, evaluations=(), with_json=False)
    make("tabnet", "hce", 10, 7, evaluations=("id",), restart=True)
    expected.write(out)


def large(out, runs, tissues, steps):
    rng = np.random.default_rng(1)
    y = np.concatenate([np.arange(164), rng.integers(0, 164, 20000)])
    p = np.where(rng.uniform(0, 1, len(y)) < 0.7, y, rng.integers(0, 164, len(y)))
    overall, classes = split_report(report(y, p))
    names = [f"tissue {i}" for i in range(tissues)]
    groups = pd.DataFrame({"tissue": np.repeat(names, 164),
                           "class": np.tile(NUMBERS, tissues)})
    for m in METRICS[:3]:
        groups[m] = rng.uniform(0, 1, len(groups))
    groups["support"] = rng.integers(1, 1000, len(groups))
    whole = groups.groupby("tissue", as_index=False)[METRICS].mean().assign(**{"class": ""})
    whole["support"] = groups.groupby("tissue")["support"].sum().to_numpy()
    groups = pd.concat([groups, whole])
    for i in range(runs):
        model = list(HPARAMS)[i // 2 % 3]
        loss, version = ("ce", "hce")[i % 2], i // 6
        path = folder_of(out, model, loss, version)
        write_params(path, model, loss, version)
        write_events(path, 1.7e9 + i, (0, steps), steps, rng, Curves(), 0)
        overall.to_csv(os.path.join(path, f"{model}_overall_metrics.csv"))
        classes.to_csv(os.path.join(path, f"{model}_per_class_metrics.csv"))
        groups.to_csv(os.path.join(path, f"{model}_per_tissue_metrics.csv"), index=False)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        large(sys.argv[1], *map(int, sys.argv[2:5]))
    else:
        small(sys.argv[1])
