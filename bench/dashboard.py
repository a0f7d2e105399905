"""How fast the dashboard answers on a large store, and what it costs others.

  make bench/make_big_store bench/live_writer bench/bench_run hcelab
  /usr/bin/python3 ../bench/dashboard.py --quick | --all

Run in the build folder.  The real program runs in a pseudo-terminal; a store of 1,000
runs and ten million curve points is made first, and kept with --keep FILE.  Prints
tables and writes a CSV.  --parts chooses among

  first     from exec to the first frame with data, files in the page cache and not
  keys      from a key to the last byte of its answer, view by view; processor time of a key
  idle      processor time while nobody types
  live      the same with 64 runs that write 10 points a second each; bytes of a refresh
  worker    cells/s of a training with the dashboard open on it, and without

README.md in this folder says what each number means.
"""
import argparse
import fcntl
import os
import pty
import random
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time

from measure import Report, Side

SIZES = {"200x60": (200, 60), "80x24": (80, 24)}
GAP_S = .012       # silence that ends an answer
SETTLED_S = .05    # silence after which nothing more is expected
WARM_S = 4         # until a view has read all it shows
WAIT_S = 1.5       # for an answer, and for silence
TARGET = {"first": 100, "key": 30, "memory": 100, "idle": 1, "refresh": 4096}

# Keys that change nothing but the screen; what they do: tui/bindings.def.
LIST = ["j"] * 6 + ["k"] * 4 + ["G", "g", "]", "[", "o", "\x06", "\x02"]
TEXT = ["j"] * 4 + ["k"] * 2 + [" ", "G", "g"]
KEYS = {
    "runs": ("1", LIST + ["\t", "\t", " ", "U"]),
    "curves": ("2", list("mmMsyxbci++-hl0Fg") + ["h", "l", "-"]),
    "compare": ("3", LIST + list("ttTErmM") + ["\r", "\x1b"]),
    "ontology": ("4", LIST + list("tErmMlh*i") + ["\t", "\r", "\x1b"]),
    "errors": ("5", LIST + list("tTErmMw%") + ["\r", "\x1b"]),
    "queue": ("6", LIST),
    "launch": ("a", ["j"] * 6 + ["k"] * 3 + ["g", "G", "\t"]),
    "help": ("?", TEXT + ["\x1b", "?", "?"]),
    "detail": (["1", "g", "\r", "j", "\r"], TEXT + ["\x1b", "j", "\r", "\r"]),
}
OPENING = ["1", "2", "3", "4", "5", "6", "a", "1", "?", "\x1b"]
WORDS = (b"census-2024", b"scTab ablation", b"lung atlas", b"blood and marrow")


def schedstat(pid):
    """Nanoseconds that the threads of a process have run."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as f:
            total += int(f.read().split()[0])
    return total


class Dashboard:
    """The program in a pseudo-terminal of its own."""

    def __init__(self, argv, size):
        cols, rows = SIZES[size]
        self.home = tempfile.TemporaryDirectory() # nobody's saved state
        self.started = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))
            env = dict(os.environ, TERM="xterm-256color", LC_ALL="C.UTF-8",
                       XDG_CONFIG_HOME=self.home.name, HOME=self.home.name)
            os.execve(argv[0], argv, env)
        os.set_blocking(self.fd, False)

    def read(self, timeout):
        """The bytes that come within a time, or None."""
        if not select.select([self.fd], [], [], timeout)[0]:
            return None
        try:
            return os.read(self.fd, 1 << 16)
        except OSError:
            sys.exit("the dashboard ended")

    def burst(self, wait=WAIT_S, gap=GAP_S):
        """(bytes, time of the last one) up to a silence; (b"", None): nothing came."""
        data, last = b"", None
        while (more := self.read(wait if last is None else gap)) is not None:
            data, last = data + more, time.perf_counter()
        return data, last

    def settle(self):
        """Wait until it has been silent for a moment."""
        end = time.perf_counter() + WAIT_S
        while time.perf_counter() < end and self.read(SETTLED_S) is not None:
            pass

    def first_frame(self):
        """Seconds until the frame that shows runs is whole; processor seconds."""
        data = b""
        while not any(w in data for w in WORDS):
            more, last = self.burst(5)
            if last is None:
                sys.exit("no frame with runs came")
            data += more
        return last - self.started, schedstat(self.pid) / 1e9

    def press(self, key, settle=True):
        """(seconds to the last byte of the answer, or None; processor seconds; bytes)"""
        cpu, start = schedstat(self.pid), time.perf_counter()
        os.write(self.fd, key.encode())
        data, last = self.burst(.15)
        cpu = (schedstat(self.pid) - cpu) / 1e9
        if settle:
            self.settle()
        return (last - start if last else None), cpu, len(data)

    def peak(self):
        """Peak of resident memory in bytes, and what of it is not of files now."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as f:
            kib = {x.split(":")[0]: x.split()[1] for x in f if x.startswith(("VmH", "RssA"))}
        return int(kib["VmHWM"]) * 1024, int(kib["RssAnon"]) * 1024

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGTERM)
        end = time.time() + 3
        while time.time() < end and os.waitpid(self.pid, os.WNOHANG) == (0, 0):
            try:
                self.read(.02)
            except SystemExit:
                break
        try:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
        os.close(self.fd)
        self.home.cleanup()


def drain(d, seconds):
    """Let it go on for a while."""
    end = time.perf_counter() + seconds
    while (left := end - time.perf_counter()) > 0:
        d.read(left)


def quantile(x, q):
    return sorted(x)[min(len(x) - 1, int(q * len(x)))] if x else float("nan")


def forget(path):
    """Take a file out of the page cache."""
    for name in (path, path + "-wal"):
        if os.path.exists(name):
            fd = os.open(name, os.O_RDONLY)
            os.fsync(fd)
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(fd)


def argv(o, store):
    return [os.path.abspath(o.program), "--store", store]


def verdict(value, target):
    return "" if value <= target else f"  over {target}"


# --- the parts ---

def first(o, report, store, part="first"):
    report.table(part, "exec to the first frame", [("wall", "ms"), ("cpu", "ms")])
    for size in o.sizes:
        for name, cold in [("page cache warm", False), ("page cache cold", True)]:
            wall, cpu = [], []
            for _ in range(o.starts):
                if cold:
                    forget(store)
                with Dashboard(argv(o, store), size) as d:
                    s, c = d.first_frame()
                wall.append(s * 1e3)
                cpu.append(c * 1e3)
            report.row(f"{size} {name}", {}, [wall, cpu])


def reach(d, way):
    """Bring a view to the front."""
    d.press("\x1b")
    took = [d.press(k) for k in way]
    return took[-1]


def press_many(d, keys, n, seed):
    rng = random.Random(seed)
    return [d.press(rng.choice(keys)) for _ in range(n)]


def keys(o, report, store, part="keys"):
    """Each number stands for itself: n keys are one row of p50, p99 and the largest."""
    report.table(part, "key to the last byte, ms",
                 [("p50", "ms"), ("p99", "ms"), ("max", "ms"), ("cpu p50", "ms"),
                  ("cpu p99", "ms"), ("cpu max", "ms"), ("silent", "")])
    everything = []
    for size in o.sizes:
        with Dashboard(argv(o, store), size) as d:
            d.first_frame()
            d.settle()
            rows = {f"{size} opening": [d.press(k) for _ in range(o.keys // 10 + 1)
                                        for k in OPENING]}
            for view in o.views or KEYS:
                way, some = KEYS[view]
                reach(d, way)
                rows[f"{size} {view}"] = press_many(d, some, o.keys, view)
            for case, took in rows.items():
                wall = [s * 1e3 for s, _, _ in took if s is not None]
                cpu = [c * 1e3 for _, c, _ in took]
                everything += wall
                report.row(case, {}, [[quantile(wall, .5)], [quantile(wall, .99)],
                                      [max(wall, default=float("nan"))],
                                      [quantile(cpu, .5)], [quantile(cpu, .99)],
                                      [max(cpu)], [sum(s is None for s, _, _ in took)]])
            peak, anon = d.peak()
            print(f"{size} peak of memory {peak / 1e6:.1f} MB (anonymous at the end "
                  f"{anon / 1e6:.1f} MB){verdict(peak / 1e6, TARGET['memory'])}")
    p99 = quantile(everything, .99)
    print(f"all {len(everything)} keys: p99 {p99:.1f} ms{verdict(p99, TARGET['key'])}")


def idle(o, report, store, part="idle"):
    report.table(part, "nobody types", [("of a core", "%"), ("bytes/s", ""),
                                        ("refreshes/s", ""), ("bytes p50", ""),
                                        ("bytes max", "")])
    for size in o.sizes:
        for view, way in [("runs", "1"), ("curves", "2"), ("compare", "3"),
                          ("queue", "6")]:
            with Dashboard(argv(o, store), size) as d:
                d.first_frame()
                d.press(way)
                drain(d, WARM_S)
                cpu, start, bursts = schedstat(d.pid), time.perf_counter(), []
                while (left := start + o.idle - time.perf_counter()) > 0:
                    data, last = d.burst(left, .02)
                    if last:
                        bursts.append(len(data))
                took = time.perf_counter() - start
                share = (schedstat(d.pid) - cpu) / 1e9 / took * 100
                report.row(f"{size} {view}", {},
                           [[share], [sum(bursts) / took], [len(bursts) / took],
                            [quantile(bursts, .5)] if bursts else None,
                            [max(bursts)] if bursts else None])


class Writer:
    """Runs that go on while something is measured."""

    def __init__(self, store, runs, rate):
        self.process = subprocess.Popen(["bench/live_writer", store, str(runs), str(rate)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        if self.process.stdout.readline().strip() != "live":
            sys.exit("live_writer did not start")

    def __enter__(self):
        time.sleep(2)
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        print("writer:", self.process.stdout.read().strip())
        self.process.wait()


def live(o, report, store):
    with Writer(store, 64, 10):
        first(o, report, store, "live first")
        idle(o, report, store, "live idle")
        keys(o, report, store, "live keys")


def worker(o, report, _):
    """The same training goes on throughout; the dashboard is open in every second turn."""
    report.table("worker", "cells/s of a training",
                 [("without", ""), ("with", ""), ("ratio of neighbours", ""),
                  ("dashboard", "% core")])
    with tempfile.TemporaryDirectory(dir=o.tmp) as folder:
        store = os.path.join(folder, "worker.db")
        for threads in sorted({1, o.threads}):
            with Side(["bench/bench_run", "--model", "linear", "--store", store, "--cells",
                       "60000", "--val", "4096", "--threads", str(threads)]) as side:
                turn = f"seconds {o.turn}"
                side.ask(turn)
                alone, beside, share = [], [], []
                for _ in range(o.pairs):
                    alone.append(rate_of(side, turn))
                    with Dashboard(argv(o, store), "200x60") as d:
                        d.press("2")
                        drain(d, 1)
                        cpu, start = schedstat(d.pid), time.perf_counter()
                        beside.append(rate_of(side, turn, d))
                        share.append((schedstat(d.pid) - cpu) / 1e7 /
                                     (time.perf_counter() - start))
                alone.append(rate_of(side, turn))
                ratio = [b / statistics.mean(alone[i:i + 2]) for i, b in enumerate(beside)]
                report.row(f"{threads} threads", {"threads": threads},
                           [alone, beside, ratio, share])


def rate_of(side, turn, dashboard=None):
    side.process.stdin.write(turn + "\n")
    side.process.stdin.flush()
    while not select.select([side.process.stdout], [], [], .05)[0]:
        while dashboard and dashboard.read(0) is not None:
            pass
    line = dict(w.split("=") for w in side.process.stdout.readline().split())
    return float(line["cells"]) / float(line["wall"])


PARTS = {"first": first, "keys": keys, "idle": idle, "live": live, "worker": worker}


def options():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--all", action="store_true", help="500 keys a view, both sizes")
    p.add_argument("--quick", action="store_true", help="60 keys a view, 200x60")
    p.add_argument("--parts", default=",".join(PARTS))
    p.add_argument("--views", default="", help="of part keys; default: all")
    p.add_argument("--sizes", default="")
    p.add_argument("--store", help="measure on this store (written to by part live)")
    p.add_argument("--keep", help="make the store here and leave it")
    p.add_argument("--tmp", default="/tmp", help="folder for the store: half a GB")
    p.add_argument("--program", default="./hcelab")
    p.add_argument("--csv", default="dashboard.csv")
    p.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    o = p.parse_args()
    if o.all == o.quick:
        p.error("say --quick or --all")
    o.keys, o.starts, o.idle, o.turn, o.pairs = \
        (60, 5, 6, 3, 5) if o.quick else (500, 15, 20, 10, 15)
    o.sizes = o.sizes.split(",") if o.sizes else ["200x60"] if o.quick else list(SIZES)
    o.views = o.views.split(",") if o.views else None
    return o


def main():
    o = options()
    parts = o.parts.split(",")
    report = Report(o.csv)
    store = o.store or o.keep
    with tempfile.TemporaryDirectory(dir=o.tmp) as folder:
        if not store:
            store = os.path.join(folder, "big.db")
        if parts != ["worker"] and not os.path.exists(store):
            subprocess.run(["bench/make_big_store", store], check=True)
        for part in parts:
            PARTS[part](o, report, store)


if __name__ == "__main__":
    main()
