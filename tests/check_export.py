#!/usr/bin/python3
"""check_export.py - what export RUN... DIR writes, read by others.

By hand, from a build folder (about two minutes):

    /usr/bin/python3 ../tests/check_export.py [--hcelab ./hcelab] [--keep FOLDER]

Makes an atlas whose labels are the 164 published types, trains the three models with both
losses, exports them, and compares

    weights     read as the format's text says, put into PyTorch modules that are written
                here from the formulas: probabilities against `hcelab predict`, 1,000 cells
    tables      read by pandas, against scikit-learn's classification_report of what
                `eval --predictions` says of each cell
    curves      event files read as TensorBoard's .proto files and record_writer say,
                against `hcelab sql`
    hparams     read by PyYAML, against `hcelab sql`

Needs numpy, scipy, pandas, anndata, scikit-learn, torch, yaml: Debian's packages."""
import argparse
import csv
import glob
import io
import json
import math
import os
import struct
import subprocess
import sys
import tempfile

import anndata
import numpy as np
import pandas as pd
import scipy.sparse as sp
import torch
import yaml
from sklearn.metrics import classification_report
from torch import nn

bad = 0


def check(ok, text):
    global bad
    bad += not ok
    print("ok" if ok else "NOT OK", "-", text, flush=True)


def hcelab(*args):
    done = subprocess.run([program, "--store", "check.db", *args], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"hcelab {' '.join(args)}: {done.stderr}")
    return done.stdout


def sql(query):
    return list(csv.DictReader(io.StringIO(hcelab("sql", "--csv", query))))


# --- cells ---------------------------------------------------------------------------------


def make_atlas(path, labels, n_genes=300, n_cells=4000, seed=1):
    rng = np.random.default_rng(seed)
    y = np.concatenate([np.arange(len(labels)), rng.integers(0, len(labels), n_cells - len(labels))])
    profile = np.exp(rng.normal(0, 1.2, (len(labels), n_genes)) - 1)
    x = sp.csr_matrix(rng.poisson(profile[y] * rng.lognormal(0, 0.3, (n_cells, 1)))).astype(np.float32)
    pick = lambda names: pd.Categorical(np.array(names)[rng.integers(0, len(names), n_cells)])
    obs = pd.DataFrame({
        "cell_type": pd.Categorical(np.array(labels)[y]),
        "donor_id": pick([f"donor {i}" for i in range(8)]),
        "dataset_id": pick(["study, one", "study two", "heldout_1"]),
        "tissue": pick(["lung", "blood", 'skin "of nose"']),
        "tissue_general": pick(["lung", "blood"]),
        "disease": pick(["normal", "COVID-19"]),
        "assay": pick(["10x 3' v3", "10x 5' v1"]),
        "development_stage": pick(["adult stage", "fetal stage"]),
        "soma_joinid": np.arange(n_cells) + 7000000,
    }, index=[f"cell{i}" for i in range(n_cells)])
    var = pd.DataFrame(index=[f"ENSG{i:011d}" for i in range(1, n_genes + 1)])
    anndata.AnnData(X=x, obs=obs, var=var).write_h5ad(path)


def inputs(path, n):
    """The first n cells as the models see them."""
    x = np.asarray(anndata.read_h5ad(path).X[:n].todense(), dtype=np.float64)
    total = x.sum(1, keepdims=True)
    return torch.tensor(np.log1p(x / np.where(total == 0, 1, total) * 1e4), dtype=torch.float32)


# --- weights -------------------------------------------------------------------------------


def read_safetensors(path):
    with open(path, "rb") as f:
        data = f.read()
    (n,) = struct.unpack("<Q", data[:8])
    header, body = json.loads(data[8:8 + n].decode("utf-8")), data[8 + n:]
    meta, out, end = header.pop("__metadata__"), {}, 0
    for name, t in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, stop = t["data_offsets"]
        if begin != end or t["dtype"] != "F32" or stop - begin != 4 * math.prod(t["shape"]):
            sys.exit(f"{path}: {name} is not where it should be")
        out[name] = torch.tensor(np.frombuffer(body[begin:stop], "<f4").reshape(t["shape"]))
        end = stop
    if end != len(body) or (8 + n) % 8:
        sys.exit(f"{path}: {len(body)} bytes, the header says {end}")
    return meta, out


class Mlp(nn.Module):
    def __init__(self, D, C, hidden, n_hidden):
        super().__init__()
        layers = []
        for i in range(n_hidden):
            layers += [nn.Linear(D if i == 0 else hidden, hidden), nn.BatchNorm1d(hidden), nn.SiLU(),
                       nn.Dropout(0.1)]
        self.encoder = nn.Sequential(*layers)
        self.linear = nn.Linear(hidden, C)

    def forward(self, x):
        return self.linear(self.encoder(x))


class Ghost(nn.Module):  # while scoring, a BatchNorm over whatever comes
    def __init__(self, n):
        super().__init__()
        self.bn = nn.BatchNorm1d(n)

    def forward(self, x):
        return self.bn(x)


class Glu(nn.Module):
    def __init__(self, fc, H):
        super().__init__()
        self.fc, self.bn, self.H = fc, Ghost(2 * H), H

    def forward(self, x):
        z = self.bn(self.fc(x))
        return z[:, :self.H] * torch.sigmoid(z[:, self.H:])


class Shared(nn.Module):
    """GLU layers; the first of a transformer takes no part of its input along."""

    def __init__(self, layers, H, first, named):
        super().__init__()
        if named:
            self.shared_layers = layers
        self.first = first
        self.glu_layers = nn.ModuleList(Glu(fc, H) for fc in layers)

    def forward(self, x):
        for i, glu in enumerate(self.glu_layers):
            x = glu(x) if self.first and i == 0 else (x + glu(x)) * math.sqrt(0.5)
        return x


class Transformer(nn.Module):
    def __init__(self, D, H, shared, n_independent):
        super().__init__()
        alone = shared is None
        self.shared = nn.Identity() if alone else Shared(shared, H, True, True)
        own = nn.ModuleList(nn.Linear(D if alone and i == 0 else H, 2 * H, bias=False)
                            for i in range(n_independent))
        self.specifics = Shared(own, H, alone, False) if n_independent else nn.Identity()

    def forward(self, x):
        return self.specifics(self.shared(x))


def entmax15(z):
    """Peters et al. 2019, algorithm 2: p = max(z / 2 - tau, 0)^2 with sum 1."""
    z = z / 2
    z = z - z.max(1, keepdim=True).values
    s = torch.sort(z, 1, descending=True).values
    k = torch.arange(1, z.shape[1] + 1, dtype=z.dtype)
    mean = s.cumsum(1) / k
    spread = k * ((s * s).cumsum(1) / k - mean * mean)
    tau = mean - torch.sqrt(torch.clamp((1 - spread) / k, min=0))
    n = (tau <= s).sum(1, keepdim=True)
    return torch.clamp(z - tau.gather(1, n - 1), min=0) ** 2


class Attention(nn.Module):
    def __init__(self, n_a, D):
        super().__init__()
        self.fc, self.bn = nn.Linear(n_a, D, bias=False), Ghost(D)

    def forward(self, prior, a):
        return entmax15(self.bn(self.fc(a)) * prior)


class Encoder(nn.Module):
    def __init__(self, D, n_d, n_a, n_steps, gamma, n_shared, n_independent):
        super().__init__()
        H = n_d + n_a
        self.n_d, self.gamma = n_d, gamma
        self.initial_bn = nn.BatchNorm1d(D)
        shared = nn.ModuleList(nn.Linear(D if i == 0 else H, 2 * H, bias=False)
                               for i in range(n_shared)) if n_shared else None
        self.initial_splitter = Transformer(D, H, shared, n_independent)
        self.feat_transformers = nn.ModuleList(Transformer(D, H, shared, n_independent)
                                               for _ in range(n_steps))
        self.att_transformers = nn.ModuleList(Attention(n_a, D) for _ in range(n_steps))

    def forward(self, x):
        x = self.initial_bn(x)
        prior, total = torch.ones_like(x), 0
        a = self.initial_splitter(x)[:, self.n_d:]
        for feat, att in zip(self.feat_transformers, self.att_transformers):
            mask = att(prior, a)
            prior = prior * (self.gamma - mask)
            out = feat(mask * x)
            total = total + torch.relu(out[:, :self.n_d])
            a = out[:, self.n_d:]
        return total


class TabNet(nn.Module):
    def __init__(self, D, C, n_d, **shape):
        super().__init__()
        self.encoder = Encoder(D, n_d, **shape)
        self.final_mapping = nn.Linear(n_d, C, bias=False)

    def forward(self, x):
        return self.final_mapping(self.encoder(x))


def build(model, hp):
    D, C = hp["gene_dim"], hp["type_dim"]
    if model == "linear":
        return nn.Linear(D, C)
    if model == "mlp":
        return Mlp(D, C, hp["hidden_size"], hp["n_hidden"])
    names = ("n_a", "n_steps", "gamma", "n_shared", "n_independent")
    return TabNet(D, C, hp["n_d"], **{name: hp[name] for name in names})


def load(module, tensors):
    """Every tensor has a place; what has no tensor is an alias or a count of batches."""
    state = {name.removeprefix("classifier."): t for name, t in tensors.items()}
    own = module.state_dict()
    given = {own[name].data_ptr() for name in state if name in own}
    lost = [name for name in own
            if name not in state and own[name].data_ptr() not in given
            and not name.endswith("num_batches_tracked")]
    wrong = module.load_state_dict(state, strict=False).unexpected_keys
    return lost + wrong


def check_weights(run, folder, stem, atlas, n=1000):
    hp = yaml.safe_load(open(f"{folder}/hparams.yaml"))
    meta, tensors = read_safetensors(f"{folder}/checkpoints/{stem}.safetensors")
    module = build(run["model"], hp)
    left = load(module, tensors)
    check(not left, f"{run['name']}: every tensor has its place {left[:3]}")
    check(meta["uuid"] == run["uuid"] and meta["model"] == run["model"], f"{run['name']}: the header")
    names = pd.read_csv(f"{folder}/genes.csv").gene_id
    import hashlib
    digest = hashlib.sha256("".join(f"{g}\n" for g in names).encode()).hexdigest()
    check(meta["genes_sha256"] == digest, f"{run['name']}: digest of the genes")
    module.eval()
    with torch.no_grad():
        want = torch.softmax(module(inputs(atlas, n)), 1).numpy()
    hcelab("predict", run["run_id"], "--data", atlas, "--out", "predicted.h5ad", "--force")
    said = anndata.read_h5ad("predicted.h5ad")
    got = np.asarray(said[[f"cell{i}" for i in range(n)]].obsm["X_hcelab_prob"])
    worst = float(np.abs(got - want).max())
    text = f"{run['name']}: probabilities of {n} cells differ by at most {worst:.2g}"
    if worst > 1e-5 and run["model"] == "tabnet":
        # Sparse masks behind a dozen layers amplify rounding: both are held against float64.
        with torch.no_grad():
            exact = torch.softmax(module.double()(inputs(atlas, n).double()), 1).numpy()
        ours, theirs = float(np.abs(got - exact).max()), float(np.abs(want - exact).max())
        text += f"; from float64 {ours:.2g}, PyTorch's own float32 {theirs:.2g}"
        worst = 0 if ours <= 2 * theirs and np.median(np.abs(got - exact).max(1)) <= 1e-5 else worst
    check(worst <= 1e-5, text)


# --- tables --------------------------------------------------------------------------------


def report(y, p, labels):
    return pd.DataFrame(classification_report(y, p, labels=labels, output_dict=True, zero_division=0)).T


def same_table(got, want, text):
    got = got.copy()
    got.index, want.index = got.index.astype(str), want.index.astype(str)
    ok = list(got.index) == list(want.index) and list(got.columns) == list(want.columns)
    worst = float(np.abs(got.values - want.values).max()) if ok and len(got) else math.inf
    check(ok and worst <= 1e-12, f"{text}: {len(got)} rows, largest difference {worst:.2g}")


def check_tables(run, folder, stem, evaluation, place, label_number, subset):
    hcelab("eval", run["run_id"], "--name", evaluation, "--predictions", "said.csv")
    said = pd.read_csv("said.csv")
    y = said.true_label.map(label_number).values
    p = np.where(said.correct_hierarchy == 1, y, said.predicted_label.map(label_number).values)
    at = f"{folder}/{place}/{stem}/{run['model']}"
    full = report(y, p, np.unique(y))
    read = lambda what: pd.read_csv(f"{at}_{what}_metrics.csv", index_col=0)
    same_table(read("overall"), full.iloc[-3:], f"{run['name']} {evaluation}: overall")
    same_table(read("per_class"), full.iloc[:-3], f"{run['name']} {evaluation}: per class")
    for facet, what in (("assay", "assay"), ("dataset_id", "dataset"), ("disease", "disease"),
                        ("tissue", "tissue"), ("tissue_general", "tissue_general")):
        table = pd.read_csv(f"{at}_per_{what}_metrics.csv")
        check(not any("." in c for c in table["class"]), f"{what}: classes are no floats")
        whole = table[table["class"] == "macro avg"].set_index(facet)
        want, inner = {}, []
        for group, rows in said.groupby(facet):
            i = rows.index.values
            r = report(y[i], p[i], np.unique(y[i]))
            micro = r.loc["accuracy" if "accuracy" in r.index else "micro avg"]
            want[group] = [*r.loc["macro avg"], r.loc["weighted avg", "f1-score"], micro["f1-score"],
                           np.mean(y[i] == p[i])]
            inner.append(r.iloc[:-3].values)
        want = pd.DataFrame(want, index=[*full.columns, "f1_weighted", "f1_micro", "accuracy"]).T
        same_table(whole.drop(columns="class"), want, f"{run['name']} {evaluation}: per {facet}")
        classes = table[table["class"] != "macro avg"].astype({"class": int}).sort_values([facet, "class"])
        got, want = classes[list(full.columns)].values, np.concatenate(inner)
        check(got.shape == want.shape and np.abs(got - want).max() <= 1e-12,
              f"{run['name']} {evaluation}: {len(got)} classes per {facet}")
    if evaluation == "id":
        same_table(read("subset"), report(y, p, subset).iloc[-3:], f"{run['name']}: subset of 80")


PUBLISHED = ["y_true", "y_pred", "cell_type", "soma_joinid", "assay", "dataset_id", "donor_id",
             "development_stage", "disease", "tissue", "tissue_general", "y_probs"]


def check_details(run, at, atlas, labels):
    """After check_tables: said.csv is what eval --predictions says of the same cells."""
    said = pd.read_csv("said.csv").set_index("cell")
    rows = pd.read_csv(f"{at}_detailed_results.csv")
    check(list(rows.columns) == ["cell", *PUBLISHED], f"{run['name']}: columns of detailed results")
    rows = rows.set_index("cell").loc[said.index]
    check(len(rows) == len(said) and (rows.y_true == said.true_label).all()
          and (rows.y_pred == said.predicted_label).all(), f"{run['name']}: {len(rows)} cells are the same")
    probs = np.array([json.loads(p) for p in rows.y_probs])
    top = np.array(labels)[probs.argmax(1)]
    check(probs.shape == (len(rows), len(labels)) and np.abs(probs.sum(1) - 1).max() < 1e-5
          and (top == rows.y_pred).all(), f"{run['name']}: y_probs")
    obs = anndata.read_h5ad(atlas, backed="r").obs.loc[rows.index]
    check(all((rows[c].values == obs[c].values).all() for c in PUBLISHED[2:-1]),
          f"{run['name']}: what the data say of the cells")


# --- curves --------------------------------------------------------------------------------


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def fields(data):
    """(number, value) of a protobuf message."""
    i = 0

    def varint():
        nonlocal i
        x = shift = 0
        while True:
            x |= (data[i] & 0x7F) << shift
            shift += 7
            i += 1
            if not data[i - 1] & 0x80:
                return x

    while i < len(data):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
        elif key & 7 == 2:
            n = varint()
            i += n
            yield key >> 3, data[i - n:i]
        else:
            n, code = (8, "<d") if key & 7 == 1 else (4, "<f")
            i += n
            yield key >> 3, struct.unpack(code, data[i - n:i])[0]


def read_events(path):
    """(wall time, step, tag, value); and the file version."""
    data, i, rows, version = open(path, "rb").read(), 0, [], None
    while i < len(data):
        (n,), (crc,) = struct.unpack("<Q", data[i:i + 8]), struct.unpack("<I", data[i + 8:i + 12])
        body = data[i + 12:i + 12 + n]
        if crc != crc32c(data[i:i + 8]) or crc32c(body) != struct.unpack("<I", data[i + 12 + n:i + 16 + n])[0]:
            sys.exit(f"{path}: a checksum is wrong at {i}")
        event = dict(fields(body))
        version = version or event.get(3)
        for _, value in fields(event.get(5, b"")):
            v = dict(fields(value))
            rows.append((event[1], event.get(2, 0), v[1].decode(), v[2]))
        i += 16 + n
    return rows, version


def check_curves(run, folder):
    (path,) = glob.glob(f"{folder}/events.out.tfevents.*")
    rows, version = read_events(path)
    check(version == b"brain.Event:2", f"{run['name']}: version of the event file")
    start = float(json.load(open(f"{folder}/parameters.json"))["hcelab"]["start_s"])
    want = {}
    for r in sql(f"SELECT metric, step, epoch, wall_s, value FROM curve WHERE run_id = {run['run_id']}"):
        tag, x = {"lr": "lr-AdamW"}.get(r["metric"], r["metric"]), np.float32(r["value"] or "nan")
        want[tag, int(r["step"]) - 1] = (x, float(r["wall_s"]))
        want["epoch", int(r["step"]) - 1] = (np.float32(r["epoch"]), None)
        if tag == "val_f1_macro":
            want["hp_metric", int(r["step"]) - 1] = (x, float(r["wall_s"]))
    got = {(tag, step): (np.float32(x), wall - start) for wall, step, tag, x in rows}
    same = got.keys() == want.keys() and all(
        (a == b or (a != a and b != b)) and (w is None or abs(w - v) < 1e-5)
        for key in want for (a, v), (b, w) in [(got[key], want[key])])
    check(same and len(rows) == len(got), f"{run['name']}: {len(rows)} values of {len({t for t, _ in got})} curves")


def check_hparams(run, folder):
    hp = yaml.safe_load(open(f"{folder}/hparams.yaml"))
    params = json.load(open(f"{folder}/parameters.json"))
    (row,) = sql(f"SELECT n_train, n_val, seed FROM run_summary WHERE run_id = {run['run_id']}")
    ok = (hp["train_set_size"], hp["val_set_size"]) == (int(row["n_train"]), int(row["n_val"]))
    ok &= hp["use_hierarchical_loss"] is (run["loss"] == "hce") is params["use_hierarchical_loss"]
    ok &= params["seed"] == int(row["seed"]) and isinstance(hp["learning_rate"], float)
    ok &= list(hp) == sorted(hp) and isinstance(hp["lr_scheduler_kwargs"]["gamma"], float)
    own = params["hcelab"]["parameters"]
    names = [n for n in hp if n in own and n != "lr_scheduler_kwargs"]
    ok &= all(hp[n] == own[n] and type(hp[n]) is type(own[n]) for n in names) and len(names) >= 3
    check(ok, f"{run['name']}: {len(hp)} hyperparameters, {len(names)} of them ours")
    if run["model"] == "tabnet":
        check(hp["epsilon"] == 1e-15 and hp["lambda_sparse"] == 1e-5, "small numbers are numbers")


def main():
    # The 164 types, and those of the subset, are read from their sources.
    here = os.path.dirname(os.path.abspath(__file__))
    types = pd.read_csv(f"{here}/../share/ontology/cell_types.tsv", sep="\t").label
    labels = sorted(types, key=lambda name: name.encode())
    with open(f"{here}/../src/transfer/published_subset.def") as f:
        words = f.read().split("*/")[1].split()
    subset = [int(w[len("CLASS("):-1]) for w in words]
    check(len(labels) == 164 and len(subset) == 80, "164 types, 80 of them in the subset")
    make_atlas("atlas.h5ad", labels)
    spec = ["--data", "atlas.h5ad", "--ood", "dataset_id=heldout_1", "--split-by", "cell", "--experiment", "e",
            "--set", "batch_size=256", "--set", "max_epochs=4", "--set", "log_every_n_steps=3"]
    small = {"linear": [], "mlp": ["hidden_size=32"], "tabnet": ["n_d=32", "n_a=16", "virtual_batch_size=64"]}
    for model, more in small.items():
        for loss in ("ce", "hce"):
            own = more + ["n_steps=3"] * (model == "tabnet" and loss == "hce")
            hcelab("train", *spec, "--model", model, "--loss", loss, *[w for s in own for w in ("--set", s)])
    hcelab("export", "--all", "tree", "--details")
    number = {label: i for i, label in enumerate(labels)}
    for run in sql("SELECT run_id, uuid, name, model, loss, best_epoch, best_val_f1_macro FROM run_summary"):
        suffix = "_hierarchical_loss" if run["loss"] == "hce" else ""
        folder = f"tree/tb_logs/{run['model']}{suffix}/default/version_0"
        stem = f"val_f1_macro_epoch={run['best_epoch']}_val_f1_macro={float(run['best_val_f1_macro']):.3f}"
        check_hparams(run, folder)
        check_curves(run, folder)
        check_weights(run, folder, stem, "atlas.h5ad")
        for evaluation, place in (("ood", "checkpoints"), ("id", "sctab_test")):
            check_tables(run, folder, stem, evaluation, place, number, subset)
            check_details(run, f"{folder}/{place}/{stem}/{run['model']}", "atlas.h5ad", labels)
    print(f"{bad} of the checks failed" if bad else "all is the same")
    return bad > 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hcelab", default="./hcelab", help="the program")
    parser.add_argument("--keep", help="work in this new folder, which stays")
    options = parser.parse_args()
    program = os.path.abspath(options.hcelab)
    if options.keep:
        os.makedirs(options.keep)
        os.chdir(options.keep)
        sys.exit(main())
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        sys.exit(main())
