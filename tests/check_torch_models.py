#!/usr/bin/python3
"""check_torch_models.py - the three models in PyTorch, saved as Lightning saves them, and
what hcelab makes of the files.

  check_torch_models.py fixtures DIR        small files and the probabilities that PyTorch
                                            gives: tests/torch was made so
  check_torch_models.py check HCELAB DIR    published sizes, 1,000 cells: import, predict,
                                            compare; the largest difference is printed
  check_torch_models.py trained HCELAB DIR  the same of models that PyTorch has trained for
                                            some steps (--steps), so that weights and
                                            statistics are those of a training

The modules are written from the formulas of DESIGN section 2 and the names of FORMATS
section 4.3, apart from the engine.  For use by hand (python3-torch, python3-anndata); the
program does not need it.
"""
import argparse
import csv
import hashlib
import io
import json
import os
import pickle
import struct
import subprocess
import sys
import zipfile

import anndata
import numpy as np
import pandas as pd
import scipy.sparse as sp
import torch
from torch import nn

LABELS = ["B cell", "CD4-positive, alpha-beta T cell", "CD8-positive, alpha-beta T cell",
          "T cell", "lymphocyte", "macrophage", "natural killer cell"]


# --- masks ---

class Entmax15(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z):
        z = (z - z.max(1, keepdim=True).values) / 2
        s = torch.sort(z, 1, descending=True).values
        k = torch.arange(1, z.shape[1] + 1, dtype=z.dtype)
        mean, square = s.cumsum(1) / k, (s * s).cumsum(1) / k
        root = torch.clamp((1 - k * (square - mean * mean)) / k, min=0).sqrt()
        tau = mean - root
        size = (tau <= s).sum(1, keepdim=True)
        root = torch.clamp(z - tau.gather(1, size - 1), min=0)
        ctx.save_for_backward(root)
        return root ** 2

    @staticmethod
    def backward(ctx, grad):
        root, = ctx.saved_tensors
        dz = grad * root
        return dz - root * (dz.sum(1, keepdim=True) / root.sum(1, keepdim=True))


entmax15 = Entmax15.apply


def sparsemax(z):
    s = torch.sort(z, 1, descending=True).values
    k = torch.arange(1, z.shape[1] + 1, dtype=z.dtype)
    size = (1 + k * s > s.cumsum(1)).sum(1, keepdim=True)
    tau = (s.cumsum(1).gather(1, size - 1) - 1) / size
    return torch.clamp(z - tau, min=0)


# --- modules; their attributes make the keys ---

class Mlp(nn.Module):
    def __init__(self, genes, classes, hidden_size, n_hidden, dropout=0.1):
        super().__init__()
        layers, inputs = [], genes
        for _ in range(n_hidden):
            layers += [nn.Linear(inputs, hidden_size), nn.BatchNorm1d(hidden_size),
                       nn.SiLU(), nn.Dropout(dropout)]
            inputs = hidden_size
        self.encoder = nn.Sequential(*layers)
        self.linear = nn.Linear(inputs, classes)

    def forward(self, x):
        return self.linear(self.encoder(x))


class Ghost(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.bn = nn.BatchNorm1d(n, momentum=0.02)

    def forward(self, x):
        return self.bn(x)


class GluLayer(nn.Module):
    def __init__(self, inputs, outputs, fc=None):
        super().__init__()
        self.fc = fc if fc is not None else nn.Linear(inputs, 2 * outputs, bias=False)
        self.bn = Ghost(2 * outputs)
        self.outputs = outputs

    def forward(self, x):
        y = self.bn(self.fc(x))
        return y[:, :self.outputs] * torch.sigmoid(y[:, self.outputs:])


class GluBlock(nn.Module):
    def __init__(self, inputs, outputs, n, is_first, shared=None):
        super().__init__()
        self.is_first = is_first
        if shared is not None:
            self.shared_layers = shared
        self.glu_layers = nn.ModuleList(
            GluLayer(inputs if i == 0 else outputs, outputs,
                     shared[i] if shared is not None else None) for i in range(n))

    def forward(self, x):
        for i, glu in enumerate(self.glu_layers):
            x = glu(x) if i == 0 and self.is_first else (x + glu(x)) * 0.5 ** 0.5
        return x


class Transformer(nn.Module):
    def __init__(self, inputs, outputs, shared, n_independent):
        super().__init__()
        n = len(shared)
        self.shared = GluBlock(inputs, outputs, n, True, shared) if n else nn.Identity()
        self.specifics = GluBlock(outputs if n else inputs, outputs, n_independent,
                                  n == 0) if n_independent else nn.Identity()

    def forward(self, x):
        return self.specifics(self.shared(x))


class Attention(nn.Module):
    def __init__(self, n_a, genes):
        super().__init__()
        self.fc = nn.Linear(n_a, genes, bias=False)
        self.bn = Ghost(genes)

    def forward(self, a):
        return self.bn(self.fc(a))


class Encoder(nn.Module):
    def __init__(self, genes, n_d, n_a, n_steps, n_shared, n_independent, gamma, mask_type):
        super().__init__()
        self.n_d, self.gamma = n_d, gamma
        self.mask = {"entmax": entmax15, "sparsemax": sparsemax}[mask_type]
        width = n_d + n_a
        shared = nn.ModuleList(nn.Linear(genes if i == 0 else width, 2 * width, bias=False)
                               for i in range(n_shared))
        self.initial_bn = nn.BatchNorm1d(genes, momentum=0.01)
        self.initial_splitter = Transformer(genes, width, shared, n_independent)
        self.feat_transformers = nn.ModuleList(
            Transformer(genes, width, shared, n_independent) for _ in range(n_steps))
        self.att_transformers = nn.ModuleList(Attention(n_a, genes) for _ in range(n_steps))

    def forward(self, x):
        x = self.initial_bn(x)
        prior, total = torch.ones_like(x), 0
        a = self.initial_splitter(x)[:, self.n_d:]
        for attention, feature in zip(self.att_transformers, self.feat_transformers):
            m = self.mask(attention(a) * prior)
            prior = prior * (self.gamma - m)
            out = feature(m * x)
            total = total + torch.relu(out[:, :self.n_d])
            a = out[:, self.n_d:]
        return total


class TabNet(nn.Module):
    def __init__(self, genes, classes, n_d, n_a, n_steps, n_shared, n_independent, gamma=1.3,
                 mask_type="entmax"):
        super().__init__()
        self.encoder = Encoder(genes, n_d, n_a, n_steps, n_shared, n_independent, gamma,
                               mask_type)
        self.final_mapping = nn.Linear(n_d, classes, bias=False)

    def forward(self, x):
        return self.final_mapping(self.encoder(x))


class Module(nn.Module):
    """What Lightning's module holds besides the classifier."""

    def __init__(self, classifier, genes, classes, augmentations):
        super().__init__()
        self.classifier = classifier
        self.register_buffer("class_weights", torch.ones(classes))
        self.register_buffer("child_lookup", torch.eye(classes, dtype=torch.int64))
        self.register_buffer("child_lookup_transposed", torch.eye(classes))
        if augmentations:
            self.register_buffer("augmentations", torch.zeros(augmentations, genes))


def disturb(model, x, g):
    """Values as after a training: no 0 and 1 where a mistake would not show, and running
    statistics near those of cells."""
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm1d)]
    with torch.no_grad():
        for name, t in model.named_parameters():
            if t.dim() == 1:
                t.add_(torch.from_numpy(g.normal(0, 0.2, tuple(t.shape))).float())
        momentum = [m.momentum for m in norms]
        for m in model.modules():
            m.train(not isinstance(m, nn.Dropout))
        for m in norms:
            m.momentum = 1
        model.classifier(torch.from_numpy(x.toarray()))
        for m, old in zip(norms, momentum):
            m.momentum = old
            n = tuple(m.running_var.shape)
            m.running_var.mul_(torch.from_numpy(g.uniform(0.7, 1.4, n)).float()).add_(0.01)
            m.running_mean.add_(torch.from_numpy(g.normal(0, 0.05, n)).float())
            m.num_batches_tracked.fill_(1234)
    return model.eval()


def sharpen(module, x):
    """Turn and scale the last layer so that logits differ by some units between cells:
    probabilities that are flat or alike would hide differences."""
    c, seen = module.classifier, []
    last = getattr(c, "final_mapping", getattr(c, "linear", c))
    hook = last.register_forward_hook(lambda layer, given, out: seen.append(given[0]))
    with torch.no_grad():
        c(torch.from_numpy(x.toarray()))
        hook.remove()
        mean = seen[0].mean(0)
        last.weight.sub_(torch.outer(last.weight @ mean, mean) / (mean @ mean))
        last.weight.mul_(3 / (seen[0] @ last.weight.T).std(0).mean())
    return module


def lightning(module, hyper, epoch, score):
    """The dictionary of Trainer.save_checkpoint."""
    optim = torch.optim.AdamW(module.parameters(), lr=hyper["learning_rate"], weight_decay=0)
    for p in list(module.parameters())[:2]:
        p.grad = torch.zeros_like(p)
    optim.step()
    name = "ModelCheckpoint{'monitor': 'val_f1_macro', 'mode': 'max'}"
    return {
        "epoch": epoch, "global_step": 7 * (epoch + 1), "pytorch-lightning_version": "1.9.4",
        "state_dict": module.state_dict(),
        "loops": {"fit_loop": {"state_dict": {}, "epoch_progress": {"current": {"ready": 3}}}},
        "callbacks": {
            name: {"monitor": "val_f1_macro", "best_model_score": torch.tensor(score),
                   "best_model_path": "/x/best.ckpt", "current_score": torch.tensor(score)}},
        "optimizer_states": [optim.state_dict()],
        "lr_schedulers": [{"step_size": 1, "gamma": 0.9, "last_epoch": 3, "_step_count": 4}],
        "hparams_name": "kwargs",
        "hyper_parameters": dict(hyper, train_set_size=np.int64(1000), optimizer=torch.optim.AdamW,
                                 lr_scheduler=torch.optim.lr_scheduler.StepLR,
                                 lr_scheduler_kwargs={"step_size": 1, "gamma": 0.9}),
    }


def save(checkpoint, path, **more):
    """To a file object, as Lightning does: the folder within is 'archive'."""
    with open(path, "wb") as f:
        torch.save(checkpoint, f, **more)


# --- cells ---

def cells(n, genes, density, g):
    """Log1p of 10,000 per cell, as the published models take it."""
    x = sp.random(n, genes, density, format="csr", random_state=g,
                  data_rvs=lambda k: g.geometric(0.3, k)).astype(np.float64)
    scale = 10000 / np.maximum(x.sum(1), 1)
    return x.multiply(scale).log1p().tocsr().astype(np.float32)


def write_cells(path, x, genes):
    g = np.random.default_rng(3)
    obs = pd.DataFrame({"cell_type": pd.Categorical(g.choice(LABELS, x.shape[0])),
                        "tissue": pd.Categorical(g.choice(["blood", "lung"], x.shape[0]))},
                       index=["cell%d" % i for i in range(x.shape[0])])
    a = anndata.AnnData(X=x, obs=obs, var=pd.DataFrame(index=genes), dtype=np.float32)
    a.write_h5ad(path, compression="gzip")


def probabilities(module, x):
    with torch.no_grad():
        return torch.softmax(module.classifier(torch.from_numpy(x.toarray())), 1).numpy()


# --- files that torch.save does not write ---

def rezip(source, target, change=lambda name, data: data, add=(), method=zipfile.ZIP_STORED):
    with zipfile.ZipFile(source) as a, zipfile.ZipFile(target, "w", method) as b:
        for info in a.infolist():
            b.writestr(info.filename, change(info.filename, a.read(info)))
        for name, data in add:
            b.writestr(name, data)


def big_endian(source, target, widths):
    """The same values with the high byte first; widths: of each storage's key."""
    def swap(name, data):
        width = widths.get(name.split("/data/")[-1]) if "/data/" in name else None
        return np.frombuffer(data, "<u%d" % width).byteswap().tobytes() if width else data
    rezip(source, target, swap, [("archive/byteorder", "big")])


def widths_of(path):
    """Bytes of a value of each storage; nothing is loaded."""
    out = {}

    class Reader(pickle.Unpickler):
        def find_class(self, module, name):
            return name if name.endswith("Storage") else type("Any", (dict,), {"__init__": lambda *a: None, "__setstate__": lambda *a: None})

        def persistent_load(self, pid):
            out[pid[2]] = {"FloatStorage": 4, "LongStorage": 8}[pid[1]]

    with zipfile.ZipFile(path) as z:
        Reader(io.BytesIO(z.read("archive/data.pkl"))).load()
    return out


def write_safetensors(path, tensors, metadata=None):
    dtypes = {torch.float32: "F32", torch.float64: "F64", torch.float16: "F16",
              torch.bfloat16: "BF16", torch.int64: "I64"}
    head, data = {}, b""
    if metadata:
        head["__metadata__"] = metadata
    for name, t in tensors.items():
        raw = t.detach().contiguous()
        raw = raw.view(torch.int16).numpy() if t.dtype == torch.bfloat16 else raw.numpy()
        head[name] = {"dtype": dtypes[t.dtype], "shape": list(t.shape),
                      "data_offsets": [len(data), len(data) + raw.nbytes]}
        data += raw.tobytes()
    text = json.dumps(head).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


def unshared(state):
    """Each storage under one name."""
    seen, out = set(), {}
    for name, t in state.items():
        if t.data_ptr() not in seen or t.dim() == 0:
            out[name] = t
        seen.add(t.data_ptr())
    return out


# --- fixtures ---

def variants(folder, module, hyper):
    """One linear model in other types, orders and containers."""
    state = module.state_dict()
    base = os.path.join(folder, "linear.ckpt")
    for name, dtype in (("double", torch.float64), ("half", torch.float16),
                        ("bfloat16", torch.bfloat16)):
        change = {k: v.to(dtype) if v.is_floating_point() else v for k, v in state.items()}
        save(dict(lightning(module, hyper, 3, 0.75), state_dict=change),
             os.path.join(folder, "linear_%s.ckpt" % name))
    w = state["classifier.weight"]
    turned = dict(state, **{"classifier.weight": w.t().contiguous().t()})
    assert not turned["classifier.weight"].is_contiguous()
    save(dict(lightning(module, hyper, 3, 0.75), state_dict=turned),
         os.path.join(folder, "linear_turned.ckpt"))
    wide = torch.cat([torch.full((2, w.shape[1]), 9.0), w, w])[2:2 + w.shape[0]]
    save({"state_dict": dict(state, **{"classifier.weight": wide})},
         os.path.join(folder, "linear_part.ckpt"))
    save(state, os.path.join(folder, "linear_state.pt"))
    laughs = {"a": 1}
    for _ in range(6):
        laughs = {"k%d" % i: laughs for i in range(60)}
    save(dict(lightning(module, hyper, 3, 0.75), hyper_parameters=laughs),
         os.path.join(folder, "linear_laughs.ckpt"))
    save(lightning(module, hyper, 3, 0.75), os.path.join(folder, "linear_protocol4.ckpt"),
         pickle_protocol=4)
    big_endian(base, os.path.join(folder, "linear_big.ckpt"), widths_of(base))
    rezip(base, os.path.join(folder, "linear_deflated.ckpt"), method=zipfile.ZIP_DEFLATED)
    kept = {k: v for k, v in state.items() if k.startswith("classifier.")}
    with open(os.path.join(folder, "genes.txt"), "rb") as f:
        genes = hashlib.sha256(f.read()).hexdigest()
    write_safetensors(os.path.join(folder, "linear.safetensors"), kept,
                      {"model": "linear", "loss": "hce", "genes_sha256": genes})


def small_models(genes):
    classes = len(LABELS)
    hyper = {"gene_dim": genes, "type_dim": classes, "learning_rate": 5e-4,
             "weight_decay": 0.01, "batch_size": 64}
    tab = {"n_d": 6, "n_a": 4, "n_steps": 1, "n_shared": 2, "n_independent": 2}
    yield "linear", nn.Linear(genes, classes), hyper
    yield "mlp", Mlp(genes, classes, 6, 3), dict(hyper, hidden_size=6, n_hidden=3, dropout=0.2)
    yield "tabnet", TabNet(genes, classes, **tab), dict(hyper, gamma=1.3, mask_type="entmax",
                                                        **tab)
    tab = dict(tab, n_steps=3, n_shared=1, n_independent=3, gamma=1.7, mask_type="sparsemax")
    yield "tabnet_steps", TabNet(genes, classes, **tab), dict(hyper, lambda_sparse=1e-4, **tab)


def fixtures(folder):
    g, genes = np.random.default_rng(7), 12
    torch.manual_seed(7)
    os.makedirs(folder, exist_ok=True)
    names = ["ENSG%011d" % (3 * i + 5) for i in range(genes)]
    x = cells(30, genes, 0.4, g)
    write_cells(os.path.join(folder, "cells.h5ad"), x, names)
    np.save(os.path.join(folder, "cells.npy"), x.toarray())
    with open(os.path.join(folder, "genes.txt"), "w") as f:
        f.writelines(n + "\n" for n in names)
    with open(os.path.join(folder, "labels.txt"), "w") as f:
        f.writelines(n + "\n" for n in LABELS)
    for name, classifier, hyper in small_models(genes):
        module = disturb(Module(classifier, genes, len(LABELS), 3 if name != "linear" else 0), x, g)
        sharpen(module, x)
        np.save(os.path.join(folder, name + ".npy"), probabilities(module, x))
        save(lightning(module, hyper, 3, 0.75), os.path.join(folder, name + ".ckpt"))
        if name == "linear":
            variants(folder, module, hyper)
            evil(os.path.join(folder, "evil"), os.path.join(folder, "linear.ckpt"),
                 classifier.weight)
        if name == "tabnet":
            write_safetensors(os.path.join(folder, "tabnet.safetensors"),
                              unshared({k: v for k, v in module.state_dict().items()
                                        if k.startswith("classifier.")}))


# --- files that mean harm ---

class Shell:
    def __reduce__(self):
        return os.system, ("touch /tmp/hcelab-was-here",)


def evil_pickle(path, data, **more):
    with zipfile.ZipFile(path, "w") as z:
        z.writestr("archive/data.pkl", data)
        for name, raw in more.items():
            z.writestr("archive/data/" + name, raw)


def tensor_pickle(numel, size, stride, key="0"):
    """A state_dict of one tensor, byte for byte."""
    def integer(i):
        return b"\x8a\x08" + struct.pack("<q", i)

    def ints(values):
        return b"(" + b"".join(map(integer, values)) + b"t"
    return (b"\x80\x02}(X\x11\0\0\0classifier.weight" b"ctorch._utils\n_rebuild_tensor_v2\n"
            b"((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0" + key.encode() +
            b"X\x03\0\0\0cpu" + integer(numel) + b"tQK\0" + ints(size) + ints(stride) +
            b"\x89}tRu.")


def evil(folder, base, weight):
    os.makedirs(folder, exist_ok=True)

    def path(name):
        return os.path.join(folder, name + ".ckpt")
    evil_pickle(path("shell"), pickle.dumps({"state_dict": Shell()}, 2))
    evil_pickle(path("old_opcodes"), b"cos\nsystem\n(S'touch /tmp/hcelab-was-here'\ntR.")
    loop = {}
    loop["state_dict"] = loop
    evil_pickle(path("cycle"), pickle.dumps(loop, 2))
    evil_pickle(path("deep"), b"\x80\x02" + b"]" * 5000 + b"a" * 4999 + b".")
    laughs = b"\x80\x02(]q\0" + b"".join(
        b"](" + b"h%c" % i * 100 + b"eq%c" % (i + 1) for i in range(60)) + b"l."
    evil_pickle(path("laughs"), laughs)
    with zipfile.ZipFile(path("values"), "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("archive/data.pkl", b"\x80\x02]" + b"(NNNNNNNe" * 110000 + b".")
    evil_pickle(path("memo"), b"\x80\x02Nr\xff\xff\xff\xff.")
    evil_pickle(path("long_text"), b"\x80\x02\x8d" + b"\xff" * 8 + b"x.")
    evil_pickle(path("huge"), tensor_pickle(1 << 61, [1 << 40, 1 << 21], [1 << 21, 1]), **{"0": b"1234"})
    evil_pickle(path("wide"), tensor_pickle(1, [16000, 60000], [0, 0]), **{"0": b"1234"})
    evil_pickle(path("outside"), tensor_pickle(1, [2, 2], [1 << 62, 1 << 62]), **{"0": b"1234"})
    with open(base, "rb") as f:
        whole = f.read()
    for name, n in (("cut", len(whole) // 2), ("cut_end", len(whole) - 30)):
        with open(path(name), "wb") as f:
            f.write(whole[:n])
    at = whole.index(weight.detach().numpy().tobytes()) + 40
    with open(path("damaged"), "wb") as f:
        f.write(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
    with zipfile.ZipFile(path("bomb"), "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("archive/data.pkl", tensor_pickle(1 << 23, [128, 65535], [65535, 1]))
        z.writestr("archive/data/0", bytes(1 << 25))
    with zipfile.ZipFile(path("parent"), "w") as z:
        z.writestr("../data.pkl", b"}.")
    with zipfile.ZipFile(path("absolute"), "w") as z:
        z.writestr("/archive/data.pkl", b"}.")
    two = io.BytesIO()
    with zipfile.ZipFile(two, "w") as z:
        z.writestr("archive/data.pkl", b"}.")
        z.writestr("archive/data/0", b"1234")
    raw = bytearray(two.getvalue())
    entry = raw.rindex(b"PK\1\2")
    raw[entry + 42:entry + 46] = struct.pack("<I", 0)
    with open(path("overlap"), "wb") as f:
        f.write(raw)
    for name, head in (("holes", {"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}),
                       ("overlap", {"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]},
                                    "b": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}),
                       ("huge", {"weight": {"dtype": "F32", "shape": [1 << 62, 4],
                                            "data_offsets": [0, 8]}})):
        text = json.dumps(head).encode()
        with open(os.path.join(folder, name + ".safetensors"), "wb") as f:
            f.write(struct.pack("<Q", len(text)) + text + bytes(8))
    with open(os.path.join(folder, "length.safetensors"), "wb") as f:
        f.write(b"\xff" * 7 + b"\x7f" + b"{}")
    with open(os.path.join(folder, "nested.safetensors"), "wb") as f:
        f.write(struct.pack("<Q", 100000) + b'{"a":' + b"[" * 99995)


# --- check ---

def predicted(path, labels):
    with open(path) as f:
        rows = list(csv.DictReader(f))
    out = np.full((len(rows), len(labels)), np.nan)
    place = {label: i for i, label in enumerate(labels)}
    for r, row in enumerate(rows):
        for k in range(1, len(labels) + 1):
            out[r, place[row["label_%d" % k]]] = float(row["probability_%d" % k])
    return out


def full_models(genes, classes):
    tab = {"n_d": 128, "n_a": 64, "n_shared": 3, "n_independent": 5}
    hyper = {"learning_rate": 1e-3, "weight_decay": 0.01, "batch_size": 2048}
    yield "linear", nn.Linear(genes, classes), hyper
    yield "mlp", Mlp(genes, classes, 128, 8), dict(hyper, hidden_size=128, n_hidden=8)
    for steps in (1, 3):
        yield ("tabnet_%d" % steps, TabNet(genes, classes, n_steps=steps, **tab),
               dict(hyper, learning_rate=5e-3, n_steps=steps, gamma=1.3, mask_type="entmax", **tab))


def atlas_cells(n, genes, classes, g):
    """Counts of cells of each class, whose genes have a common mean and a program of the
    class; and the classes."""
    base = g.lognormal(-3.2, 1.8, genes)
    program = np.exp(g.normal(0, 1.5, (classes, genes)) * (g.random((classes, genes)) < 0.03))
    y = g.integers(0, classes, n)
    rows = []
    for c in y:
        rate = base * program[c] * g.gamma(2, 0.5, genes)
        rows.append(sp.csr_matrix(g.poisson(rate / rate.sum() * g.uniform(1500, 6000))))
    x = sp.vstack(rows).astype(np.float64)
    return x.multiply(10000 / x.sum(1)).log1p().tocsr().astype(np.float32), y


def train(module, x, y, steps, hyper, g):
    """Some steps of AdamW on batches; leaves the model as it is evaluated."""
    optim = torch.optim.AdamW(module.classifier.parameters(), lr=hyper["learning_rate"],
                              weight_decay=hyper["weight_decay"])
    module.train()
    for step in range(steps):
        rows = g.choice(x.shape[0], 256, replace=False)
        z = module.classifier(torch.from_numpy(x[rows].toarray()))
        loss = nn.functional.cross_entropy(z, torch.from_numpy(y[rows]))
        optim.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(module.classifier.parameters(), 1)
        optim.step()
    with torch.no_grad():  # running statistics settle, as where the learning rate is low
        for _ in range(steps // 2):
            rows = g.choice(x.shape[0], 256, replace=False)
            module.classifier(torch.from_numpy(x[rows].toarray()))
    print("  trained for %d steps: loss %.3g" % (steps, loss.item()), flush=True)
    return module.eval()


def check(hcelab, folder, o):
    genes, n, atlas = o.genes, o.cells, o.atlas
    g = np.random.default_rng(1)
    torch.manual_seed(1)
    os.makedirs(folder, exist_ok=True)
    table = pd.read_csv(os.path.join(atlas, "genes.tsv"), sep="\t", keep_default_na=False)
    labels = sorted(pd.read_csv(os.path.join(atlas, "cell_types.tsv"), sep="\t",
                                keep_default_na=False)["label"], key=str.encode)
    names = list(table["gene_id"])[:genes]
    trained = o.what == "trained"
    if trained:
        seen, y = atlas_cells(4000 + n, genes, len(labels), g)
        x = seen[4000:].tocsr()
    else:
        x = cells(n, genes, 0.05, g)
    data, store = os.path.join(folder, "cells.h5ad"), os.path.join(folder, "check.db")
    write_cells(data, x, names)
    worst = 0
    for name, classifier, hyper in full_models(genes, len(labels)):
        if o.model and name not in o.model:
            continue
        module = Module(classifier, genes, len(labels), 200 if name != "linear" else 0)
        if trained:
            train(module, seen[:4000].tocsr(), y[:4000], o.steps, hyper, g)
        else:
            sharpen(disturb(module, x, g), x)
        path = os.path.join(folder, name + ".ckpt")
        save(lightning(module, hyper, 41, 0.847), path)
        subprocess.run([hcelab, "import", path, "--store", store, "--genes", data,
                        "--name", name], check=True)
        out = os.path.join(folder, name + ".csv")
        subprocess.run([hcelab, "predict", name, "--store", store, "--data", data, "--out", out,
                        "--force", "--top-k", str(len(labels))], check=True)
        p, ours = probabilities(module, x), predicted(out, labels)
        d, exact = np.abs(ours - p).max(), probabilities(module.double(), x.astype(np.float64))
        print("%-9s %d cells x %d genes: largest difference of a probability %.3g; to float64 "
              "%.3g here, %.3g there (they are %.2g to %.3g, %d classes are a cell's best)"
              % (name, n, genes, d, np.abs(ours - exact).max(), np.abs(p - exact).max(),
                 p.min(), p.max(), len(set(p.argmax(1)))), flush=True)
        # Where PyTorch itself is not exact to 1e-5, twice its own distance from float64.
        worst = max(worst, d / max(1e-5, 2 * np.abs(p - exact).max()))
    return 0 if worst <= 1 else 1


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("what", choices=["fixtures", "check", "trained"])
    p.add_argument("rest", nargs="+")
    p.add_argument("--genes", type=int, default=19331)
    p.add_argument("--cells", type=int, default=1000)
    p.add_argument("--atlas", default="../shared/atlas")
    p.add_argument("--steps", type=int, default=200)
    p.add_argument("--model", action="append", help="of the models, only these")
    o = p.parse_args()
    if o.what == "fixtures":
        return fixtures(o.rest[0])
    return check(o.rest[0], o.rest[1], o)


if __name__ == "__main__":
    sys.exit(main())
