"""What the tests of the command line share: running the program, files, counting, JSON."""
import concurrent.futures
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("SHUANGJIAN", ROOT / "build" / "release" / "shuangjian"))
# Public instances beside the repository; what needs them is skipped, saying so, without them.
COURSES = ROOT.parent / "shared" / "data" / "course-alloc"
FAILED = ROOT / "build" / "check" / "instances"  # instances that failed are kept here

RULES = ("stable", "draft", "serial", "welfare")


class Done:
    """What a run of a program left: exit status, stdout as bytes, stderr as text."""

    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    def json(self):
        return json.loads(self.out)


def run_program(command, timeout=600):
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=timeout, check=False)
    return Done(done.returncode, done.stdout, done.stderr.decode("utf8", "replace"))


def run(*arguments, binary=None):
    """Runs shuangjian."""
    return run_program([binary or BINARY, *arguments])


def draw(path, rule, seed=None, ignore_prio=False, more=(), binary=None):
    """`shuangjian draw`; the result comes on stdout."""
    options = ["--seed", seed] if seed is not None else []
    if ignore_prio:
        options.append("--ignore-prio")
    return run("draw", "--in", path, "--rule", rule, *options, *more, binary=binary)


def algorithm_of(rule, ignore_prio=False):
    return rule + ("-1" if rule == "welfare" else "-2") + "+ignore-prio" * ignore_prio


def one_line(text):
    """As the program prints what could break a line or turn its direction."""
    def escaped(mark):
        point = ord(mark[0])
        return "\\n" if point == 10 else f"\\u{point:04x}" if point <= 0xffff else f"\\u{{{point:x}}}"

    above = "".join(f"{chr(plane + 0xfffe)}{chr(plane + 0xffff)}" for plane in range(0x10000, 0xf0000, 0x10000))
    return re.sub("[\0-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
                  "\u2028-\u202e\u2060-\u206f\u3164\ud800-\uf8ff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0"
                  "\ufff0-\ufffb\ufffe\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
                  f"\U000e0000-\U000e0fff\U000f0000-\U0010ffff{above}]", escaped, text)


def canonical(value):
    """The JSON of results: compact, keys by code point, only the escapes that JSON demands."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def compact(value):
    """JSON with the keys as they come."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def dump(path, value):
    """Writes bytes as they are, anything else as JSON, and gives the path."""
    path = Path(path)
    data = value if isinstance(value, bytes) else (compact(value) + "\n").encode("utf8")
    path.write_bytes(data)
    return path


def load(path):
    return json.loads(Path(path).read_bytes())


def public_instances():
    return sorted(COURSES.glob("*.json"))


@contextlib.contextmanager
def scratch():
    """A temporary folder, removed when the `with` block ends."""
    with tempfile.TemporaryDirectory(prefix="shuangjian-") as folder:
        yield Path(folder)


def parallel(work, items):
    """`work` of every item, in their order; most of the work happens in child processes."""
    with concurrent.futures.ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as pool:
        yield from pool.map(work, items)


class Tally:
    """Counts checks, prints one line for each that fails, and closes with `N passed, N failed`."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def check(self, good, what):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {what}", flush=True)
        return bool(good)

    def check_all(self, faults, what, instance=None):
        """One check of one instance: no faults. The instance is kept if there are some."""
        if faults and instance is not None:
            FAILED.mkdir(parents=True, exist_ok=True)
            what += f" ({dump(FAILED / (what.replace(' ', '-') + '.json'), instance)})"
        self.check(not faults, f"{what}: {'; '.join(map(str, faults[:3]))}")

    def skip(self, count, why):
        self.skipped += count
        print(f"skipped {count}: {why}", flush=True)

    def close(self):
        """Prints the sum and gives the exit status."""
        if self.skipped:
            print(f"{self.skipped} skipped")
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed or not self.passed else 0


def need_binary():
    if not BINARY.exists():
        sys.exit(f"{BINARY} is missing: ./dev build release")
