#!/usr/bin/python3
"""make_reference.py - write a file of the layout of golden/reference.h5.

  make_reference.py OUT.h5 [--double] [--genes N] [--classes N] ...   another file
  make_reference.py OUT.h5 [--double] --like FILE.h5                  the same again
  make_reference.py --compare A.h5 B.h5                               how far apart

The models are written from the formulas of DESIGN section 2, in PyTorch, apart from the
engine and from the published code.  With --like cells, hierarchy, initial parameters and
attributes come from FILE and everything else is computed again: with --double that is
the float64 side of a question about tolerances, and with --jitter X, relative noise on
the initial parameters, it says how far the numbers move by that much.  --compare prints
what check_reference prints, for two files.

For use by hand (python3-torch, python3-h5py); neither the program nor its tests need it.
"""
import argparse
import math
import sys

import h5py
import numpy as np
import torch


# --- masks: by sorting ---

def sparsemax(z):
    """max(z - t, 0), t from the k largest: sum = 1."""
    s, _ = torch.sort(z, dim=1, descending=True)
    k = torch.arange(1, z.shape[1] + 1, dtype=z.dtype)
    t = (s.cumsum(1) - 1) / k
    size = (t < s).sum(1, keepdim=True)
    return torch.clamp(z - t.gather(1, size - 1), min=0)


def entmax15(z):
    """max(z / 2 - t, 0)^2, t from the k largest: mean - sqrt((1 - k var) / k)."""
    z = (z - z.max(1, keepdim=True).values) / 2
    s, _ = torch.sort(z, dim=1, descending=True)
    k = torch.arange(1, z.shape[1] + 1, dtype=z.dtype)
    mean = s.cumsum(1) / k
    delta = (1 - ((s * s).cumsum(1) - k * mean * mean)) / k
    t = mean - torch.sqrt(torch.clamp(delta, min=0).detach())
    at = (t <= s).sum(1, keepdim=True) - 1
    tau = mean.gather(1, at) - torch.sqrt(torch.clamp(delta.gather(1, at), min=0))
    return torch.clamp(z - tau, min=0) ** 2


MASKS = {"entmax": entmax15, "sparsemax": sparsemax}


# --- layers ---

class Net:
    """Parameters and buffers by PyTorch's names; a name may stand for another one."""

    def __init__(self, config, genes, classes):
        self.c, self.genes, self.classes = config, genes, classes
        self.value, self.alias, self.training = {}, {}, True

    def p(self, name):
        return self.value[self.alias.get(name, name)]

    def trained(self):
        return {n: v for n, v in self.value.items() if torch.is_tensor(v) and v.requires_grad}

    def batchnorm(self, x, name, momentum, eps=1e-5):
        weight, bias = self.p(name + ".weight"), self.p(name + ".bias")
        mean, var = self.p(name + ".running_mean"), self.p(name + ".running_var")
        if self.training:
            m, n = x.mean(0), x.shape[0]
            v = ((x - m) ** 2).mean(0)
            with torch.no_grad():
                mean += momentum * (m - mean)
                var += momentum * (v * n / (n - 1) - var)
                self.value[name + ".num_batches_tracked"] += 1
        else:
            m, v = mean, var
        return (x - m) / torch.sqrt(v + eps) * weight + bias

    def ghost(self, x, name):
        if not self.training:
            return self.batchnorm(x, name, self.c["momentum"])
        n = max(x.shape[0] // int(self.c["virtual_batch_size"]), 1)
        size = -(-x.shape[0] // n)
        return torch.cat([self.batchnorm(x[i:i + size], name, self.c["momentum"])
                          for i in range(0, x.shape[0], size)])

    # initial values: shapes, in PyTorch's order

    def add(self, name, value):
        self.value[name] = value

    def add_affine(self, name, rows, cols, g):
        bound = 1 / math.sqrt(cols)
        self.add(name + "weight", g.uniform(-bound, bound, (rows, cols)))
        self.add(name + "bias", g.uniform(-bound, bound, rows))

    def add_norm(self, name, n):
        self.add(name + ".weight", np.ones(n))
        self.add(name + ".bias", np.zeros(n))
        self.add(name + ".running_mean", np.zeros(n))
        self.add(name + ".running_var", np.ones(n))
        self.add(name + ".num_batches_tracked", np.int64(0))


class Linear(Net):
    def build(self, g):
        self.add_affine("", self.classes, self.genes, g)

    def forward(self, x):
        return x @ self.p("weight").T + self.p("bias"), 0


class Mlp(Net):
    def build(self, g):
        inputs, hidden = self.genes, int(self.c["hidden_size"])
        for layer in range(int(self.c["n_hidden"])):
            self.add_affine("encoder.%d." % (4 * layer), hidden, inputs, g)
            self.add_norm("encoder.%d" % (4 * layer + 1), hidden)
            inputs = hidden
        self.add_affine("linear.", self.classes, hidden, g)

    def forward(self, x):
        for layer in range(int(self.c["n_hidden"])):
            name = "encoder.%d." % (4 * layer)
            x = x @ self.p(name + "weight").T + self.p(name + "bias")
            x = self.batchnorm(x, "encoder.%d" % (4 * layer + 1), self.c["bn_momentum"])
            x = x * torch.sigmoid(x)
        return x @ self.p("linear.weight").T + self.p("linear.bias"), 0


class TabNet(Net):
    def places(self):
        return ["encoder.initial_splitter"] + [
            "encoder.feat_transformers.%d" % s for s in range(int(self.c["n_steps"]))]

    def build(self, g):
        H = int(self.c["n_d"] + self.c["n_a"])
        n_shared, n_own = int(self.c["n_shared"]), int(self.c["n_independent"])
        self.add_norm("encoder.initial_bn", self.genes)
        for place in self.places():
            for i in range(n_shared + n_own):
                inputs = self.genes if i == 0 else H
                shared = i < n_shared
                kind, j = ("shared", i) if shared else ("specifics", i - n_shared)
                name = "%s.%s.glu_layers.%d" % (place, kind, j)
                if not shared or place == self.places()[0]:
                    w = g.normal(0, math.sqrt(2) * inputs ** -0.25, (2 * H, inputs))
                    self.add("%s.shared.shared_layers.%d.weight" % (place, j) if shared
                             else name + ".fc.weight", w)
                self.add_norm(name + ".bn.bn", 2 * H)
        for s in range(int(self.c["n_steps"])):
            name = "encoder.att_transformers.%d" % s
            n_a = int(self.c["n_a"])
            self.add(name + ".fc.weight", g.normal(0, n_a ** -0.25, (self.genes, n_a)))
            self.add_norm(name + ".bn.bn", self.genes)
        n_d = int(self.c["n_d"])
        self.add("final_mapping.weight", g.normal(0, n_d ** -0.25, (self.classes, n_d)))

    def add_aliases(self):
        first = self.places()[0]
        for place in self.places():
            for j in range(int(self.c["n_shared"])):
                own = "%s.shared.shared_layers.%d.weight" % (first, j)
                for name in ("%s.shared.shared_layers.%d.weight",
                             "%s.shared.glu_layers.%d.fc.weight"):
                    if name % (place, j) != own:
                        self.alias[name % (place, j)] = own

    def feature(self, x, place):
        n = 0
        for kind, count in (("shared", self.c["n_shared"]),
                            ("specifics", self.c["n_independent"])):
            for j in range(int(count)):
                name = "%s.%s.glu_layers.%d" % (place, kind, j)
                y = self.ghost(x @ self.p(name + ".fc.weight").T, name + ".bn.bn")
                half = y.shape[1] // 2
                y = y[:, :half] * torch.sigmoid(y[:, half:])
                x = y if n == 0 else (x + y) * math.sqrt(0.5)
                n += 1
        return x

    def forward(self, x):
        n_d, steps = int(self.c["n_d"]), int(self.c["n_steps"])
        x = self.batchnorm(x, "encoder.initial_bn", self.c["input_bn_momentum"])
        prior, total, sparsity = torch.ones_like(x), 0, 0
        a = self.feature(x, "encoder.initial_splitter")[:, n_d:]
        for s in range(steps):
            name = "encoder.att_transformers.%d" % s
            score = self.ghost(a @ self.p(name + ".fc.weight").T, name + ".bn.bn")
            m = MASKS[self.c["mask"]](score * prior)
            sparsity = sparsity + (m * torch.log(m + self.c["epsilon"])).sum(1).mean()
            prior = prior * (self.c["gamma"] - m)
            out = self.feature(m * x, "encoder.feat_transformers.%d" % s)
            total = total + torch.relu(out[:, :n_d])
            a = out[:, n_d:]
        extra = -self.c["lambda_sparse"] * sparsity / steps
        return total @ self.p("final_mapping.weight").T, extra


MODELS = {"linear": Linear, "mlp": Mlp, "tabnet": TabNet}


# --- losses ---

def batch_loss(kind, z, y, R, weight=None):
    rows = torch.arange(len(y))
    if kind == "ce":
        cell = -torch.log_softmax(z, 1)[rows, y]
    else:
        cell = -torch.log((torch.softmax(z, 1) * R[y]).sum(1) + 1e-6)
    if weight is None:
        return cell.mean()
    return (cell * weight[y]).sum() / weight[y].sum()


def corrected(y, predicted, R):
    """A predicted descendant of the true class counts as the true class."""
    return torch.where(R[y, predicted] > 0, y, predicted)


def corrected_target(y, predicted, R):
    """A predicted descendant becomes the target."""
    return torch.where(R[y, predicted] > 0, predicted, y)


# --- one group ---

class AdamW:
    def __init__(self, c, tensors):
        self.c, self.t = c, 0
        self.m = {n: torch.zeros_like(v) for n, v in tensors.items()}
        self.v = {n: torch.zeros_like(v) for n, v in tensors.items()}

    def step(self, tensors, norm):
        c = self.c
        self.t += 1
        scale = min(1.0, c["clip"] / (norm + 1e-6)) if c["clip"] > 0 else 1.0
        for n, x in tensors.items():
            g = x.grad * scale
            self.m[n] = c["beta1"] * self.m[n] + (1 - c["beta1"]) * g
            self.v[n] = c["beta2"] * self.v[n] + (1 - c["beta2"]) * g * g
            m = self.m[n] / (1 - c["beta1"] ** self.t)
            v = self.v[n] / (1 - c["beta2"] ** self.t)
            with torch.no_grad():
                x *= 1 - c["lr"] * c["weight_decay"]
                x -= c["lr"] * m / (torch.sqrt(v) + c["eps"])


def store(group, net, values):
    for name, v in values.items():
        group[name] = v.detach().numpy().copy() if torch.is_tensor(v) else v
    for name, own in net.alias.items():
        if own in values:
            group[name] = group[own][()]


def train(out, net, loss, data, c):
    R, step_count = data["R"], data["n_steps"]
    optim = AdamW(c, net.trained())
    losses, norms = [], []
    for step in range(step_count):
        rows = slice(step * data["B"], (step + 1) * data["B"])
        x, y = data["x_train"][rows], data["y_train"][rows]
        tensors = net.trained()
        for t in tensors.values():
            t.grad = torch.zeros_like(t)
        z, extra = net.forward(x)
        value = batch_loss(loss, z, y, R, data["weight"]) + extra
        value.backward()
        norm = math.sqrt(sum((t.grad.double() ** 2).sum().item()
                             for t in tensors.values()))
        if step == 0:
            part = out.create_group("grad_step0")
            for n, t in tensors.items():
                part[n] = t.grad.numpy()
        losses.append(value.item())
        norms.append(norm)
        out["train_pred_corrected/%d" % step] = corrected(y, z.argmax(1), R).numpy()
        optim.step(tensors, norm)
    out["train_loss"], out["grad_norm"] = losses, norms


def evaluate(out, net, loss, data):
    R, y = data["R"], data["y_val"]
    net.training = False
    with torch.no_grad():
        z, extra = net.forward(data["x_val"])
        target = corrected_target(y, z.argmax(1), R)
        out["val_logits"] = z.numpy()
        out["val_prob"] = torch.softmax(z, 1).numpy()
        out["val_loss"] = float(batch_loss(loss, z, target, R) + extra)
        out["val_pred_corrected"] = corrected(y, z.argmax(1), R).numpy()


def add_model(out, name, attributes, data, init, g):
    words = name.split("_")
    c = dict(attributes)
    c["mask"] = words[1] if len(words) > 1 else ""
    net = MODELS[words[0]](c, data["D"], data["C"])
    net.build(g)
    if words[0] == "tabnet":
        net.add_aliases()
    for n in net.value:
        v = init[n][()] if init is not None else net.value[n]
        if n.endswith("num_batches_tracked"):
            net.value[n] = int(v)
            continue
        t = torch.tensor(np.asarray(v, np.float32)).to(data["dtype"])
        t *= 1 + data["jitter"] * torch.tensor(g.normal(0, 1, t.shape)).to(t.dtype)
        net.value[n] = t.requires_grad_("running_" not in n)
    group = out.create_group(name)
    for key, value in attributes.items():
        group.attrs[key] = value
    store(group.create_group("init"), net, net.value)
    train(group, net, words[-1], data, c)
    store(group.create_group("final"), net, net.value)
    evaluate(group, net, words[-1], data)


def add_losses(out, data):
    z = torch.tensor(out["loss_logits"][()], dtype=torch.float64)
    y = torch.tensor(out["loss_targets"][()], dtype=torch.int64)
    for kind in ("ce", "hce"):
        for weighted in (False, True):
            leaf = z.clone().requires_grad_(True)
            weight = data["weight"].double() if weighted else None
            value = batch_loss(kind, leaf, y, data["R"].double(), weight)
            value.backward()
            group = out.create_group("loss_%s_%s" % (
                kind, "weighted" if weighted else "none"))
            group["loss"], group["dlogits"] = value.item(), leaf.grad.numpy()


def add_augment(out, vectors, index, sign):
    group = out.create_group("augment")
    x = out["x_train"][()][:len(index)]
    group["vectors"], group["index"], group["sign"] = vectors, index, sign
    group["x_out"] = np.clip(x + sign[:, None] * vectors[index], 0, 9).astype(np.float32)


# --- cells, classes and hierarchy ---

def make_root(out, a, g):
    n = a.batch * a.steps
    names = ("x_train", "y_train", n), ("x_val", "y_val", a.val)
    centre = g.gamma(0.5, 1.5, (a.classes, a.genes)) * (g.random((a.classes, a.genes)) < .4)
    for x_name, y_name, rows in names:
        y = g.integers(0, a.classes - 1, rows)
        y[y >= 2] += 1  # class 2 has no cells
        x = np.clip(centre[y] + g.normal(0, .5, (rows, a.genes)), 0, None)
        x *= g.random((rows, a.genes)) < .5
        if rows == n:
            x[0] = 0  # an empty cell
            x[:, 3] = 0  # a gene that no cell has
        out[x_name], out[y_name] = x.astype(np.float32), y.astype(np.int32)
    # A tree with a second parent for every fifth class; the last two classes stand alone.
    edges = [(c // 2, c) for c in range(1, a.classes - 2)]
    edges += [(c - 3, c) for c in range(5, a.classes - 2, 5)]
    R = np.eye(a.classes)
    for parent, child in sorted(edges, key=lambda e: -e[1]):
        R[parent] = np.maximum(R[parent], R[child])
    out["edges"], out["child_matrix"] = np.array(edges, np.int32), R.astype(np.float32)
    count = np.bincount(out["y_train"][()], minlength=a.classes)
    weight = n / ((count > 0).sum() * np.maximum(count, 1))
    out["class_weights"] = np.where(count > 0, weight, 1).astype(np.float32)
    out["loss_logits"] = g.normal(0, 3, (30, a.classes))
    out["loss_targets"] = g.integers(0, a.classes, 30).astype(np.int32)
    out.attrs.update(batch_size=a.batch, n_steps=a.steps, n_genes=a.genes,
                     n_classes=a.classes)


def make_groups(a):
    base = dict(lr=.003, weight_decay=.03, clip=1.5, beta1=.9, beta2=.999, eps=1e-8)
    mlp = dict(base, hidden_size=a.hidden, n_hidden=a.layers, dropout=0., bn_eps=1e-5,
               bn_momentum=.1)
    tabnet = dict(base, n_d=a.n_d, n_a=a.n_a, n_steps=a.n_steps, n_shared=a.n_shared,
                  n_independent=a.n_independent, gamma=a.gamma, momentum=.05,
                  virtual_batch_size=a.virtual_batch, epsilon=1e-15, lambda_sparse=1e-3,
                  bn_eps=1e-5, input_bn_momentum=.01)
    for loss in ("ce", "hce"):
        yield "linear_" + loss, base
        yield "mlp_" + loss, mlp
        for mask in MASKS:
            yield "tabnet_%s_%dstep_%s" % (mask, a.n_steps, loss), tabnet


def data_of(out, dtype, jitter=0):
    def cells(name):
        return torch.tensor(out[name][()]).to(dtype)

    return dict(dtype=dtype, jitter=jitter, B=int(out.attrs["batch_size"]), D=int(out.attrs["n_genes"]),
                C=int(out.attrs["n_classes"]), n_steps=int(out.attrs["n_steps"]),
                x_train=cells("x_train"), x_val=cells("x_val"), R=cells("child_matrix"),
                weight=cells("class_weights"),
                y_train=torch.tensor(out["y_train"][()].astype(np.int64)),
                y_val=torch.tensor(out["y_val"][()].astype(np.int64)))


def write(a):
    dtype = torch.float64 if a.double else torch.float32
    g = np.random.default_rng(a.seed)
    with h5py.File(a.out, "w") as out:
        if a.like:
            with h5py.File(a.like) as like:
                for name, item in like.items():
                    if isinstance(item, h5py.Dataset):
                        out[name] = item[()]
                out.attrs.update(like.attrs)
                for name, item in like.items():
                    if isinstance(item, h5py.Group) and "init" in item:
                        add_model(out, name, dict(item.attrs),
                                  data_of(out, dtype, a.jitter), item["init"], g)
                if "augment" in like:
                    add_augment(out, *(like["augment"][n][()]
                                       for n in ("vectors", "index", "sign")))
        else:
            make_root(out, a, g)
            for name, attributes in make_groups(a):
                add_model(out, name, attributes, data_of(out, dtype), None, g)
            vectors = g.normal(0, .6, (8, a.genes)) * (g.random((8, a.genes)) < .15)
            n = min(20, a.batch)
            add_augment(out, vectors.astype(np.float32),
                        g.integers(0, 8, n).astype(np.int32),
                        g.choice([-1, 1], n).astype(np.float32))
        add_losses(out, data_of(out, dtype))


# --- two files ---

TOLERANCE = (("train_loss", 1e-5), ("val_loss", 1e-5), ("val_prob", 1e-5), ("loss", 1e-5),
             ("", 1e-4))


def compare(a, b):
    bad = 0
    with h5py.File(a) as fa, h5py.File(b) as fb:
        names = []
        fa.visititems(lambda n, o: names.append(n) if isinstance(o, h5py.Dataset)
                      else None)
        for name in sorted(n for n in names if "/" in n and n in fb and "/init/" not in n):
            x, y = (np.asarray(f[name][()], np.float64).ravel() for f in (fa, fb))
            group, quantity = name.split("/", 1)
            tolerance = next(t for p, t in TOLERANCE if quantity.startswith(p))
            if "pred" in quantity or "tracked" in quantity:
                error, tolerance = float((x != y).sum()), 0
            elif quantity == "val_prob":
                error = abs(x - y).max()
            elif "loss" in quantity or quantity == "grad_norm":
                error = (abs(x - y) / abs(y)).max()
            else:
                error = np.linalg.norm(x - y) / max(np.linalg.norm(y), 1e-300)
            bad += error > tolerance
            print("%-26s %-74s %9.2e %8.1e %s" % (
                group, quantity, error, tolerance,
                "ok" if error <= tolerance else "FAIL"))
    return bad


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("out", nargs="?")
    p.add_argument("--compare", nargs=2)
    p.add_argument("--like")
    p.add_argument("--double", action="store_true")
    p.add_argument("--jitter", type=float, default=0)
    p.add_argument("--gamma", type=float, default=1.5)
    for name, default in (("seed", 1), ("genes", 150), ("classes", 17), ("batch", 40),
                          ("steps", 5), ("val", 55), ("hidden", 24), ("layers", 4),
                          ("n-d", 5), ("n-a", 3), ("n-steps", 2), ("n-shared", 1),
                          ("n-independent", 3), ("virtual-batch", 7)):
        p.add_argument("--" + name, type=int, default=default)
    a = p.parse_args()
    torch.set_num_threads(1)
    if a.compare:
        sys.exit(1 if compare(*a.compare) else 0)
    write(a)


main()
