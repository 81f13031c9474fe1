#!/usr/bin/env python3
"""Runs everything that must hold before a change lands; `./dev check` calls it.

The list of steps is fixed: a step whose script or tests are missing fails, so that nothing is
skipped in silence. First everything is built, one step after the other; then the rest runs, as
many steps at a time as there are cores. Output goes to build/check/<step>.log. The last line is "N passed, N failed",
summed over the tests of all steps; the exit status is 1 if anything failed or nothing ran.
With --self-test it tests its own counting.
"""
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / "build" / "check"
FUZZ_SECONDS = 10

# How a step's tests are counted.
ONE = "one"  # the command as a whole is one test
GTEST = "gtest"
LINE = "line"  # "N passed, N failed", alone on a line
NODE = "node"  # that line, or what node's test runner or vitest closes with


class Step:
    def __init__(self, name, command, count=ONE, needs=()):
        self.name, self.command, self.count = name, command, count
        self.needs = needs  # files without which the step counts as missing


BUILDS = [
    Step("build-release", "./dev build release", needs=["src/app/main.cpp"]),
    Step("build-asan", "./dev build asan"),
    # Also builds what bytes runs.
    Step("web", "cd web && npm test", NODE, needs=["web/package.json"]),
]

# The long ones first, so that no core waits at the end.
STEPS = [
    Step("clang-tidy", "./dev lint-clang-tidy"),
    Step("asan", "./dev test-asan", GTEST),
    Step("fault", "python3 tests/fault/run.py --moments 12 --points 60", LINE,
         needs=["tests/fault/run.py"]),
    # Two compilers, one result: the same input must give the same bytes.
    Step("bytes", "python3 tests/cli/bytes.py", LINE, needs=["tests/cli/bytes.py"]),
    Step("contracts", "python3 tests/cli/run.py", LINE, needs=["tests/cli/run.py"]),
    Step("policy", "python3 tests/cli/policy.py", LINE, needs=["policy/facts.json"]),
    Step("server", "python3 tests/http/contracts.py", LINE, needs=["tests/http/contracts.py"]),
    Step("server-pg", "tools/pg.sh with python3 tests/http/contracts.py --pg", LINE,
         needs=["tools/pg.sh"]),
    Step("crowds", "python3 tests/http/crowds.py", LINE, needs=["tests/http/crowds.py"]),
    Step("trail", "python3 tests/http/trail.py", LINE, needs=["tests/http/trail.py"]),
    Step("trail-pg", "tools/pg.sh with python3 tests/http/trail.py --pg", LINE,
         needs=["tools/pg.sh"]),
    Step("http", "python3 tests/http/run.py", LINE, needs=["tests/http/run.py"]),
    Step("http-pg", "tools/pg.sh with python3 tests/http/run.py --pg", LINE),
    # All of them with a server anew before every request take twice as long: these write the most.
    Step("http-restart", "python3 tests/http/run.py --restart joining leavers looking merge revocation "
         "two_districts", LINE),
    Step("matrix", "python3 tests/http/matrix.py", LINE, needs=["tests/http/matrix.csv"]),
    Step("everywhere", "python3 tests/http/everywhere.py", LINE, needs=["tests/http/everywhere.py"]),
    Step("openapi", "python3 tools/gen/openapi.py --check", LINE,
         needs=["web/openapi.json", "web/src/gen/api.ts", "web/redocly.yaml"]),
    Step("web-lint", "cd web && npm run --silent lint", needs=["web/eslint.config.mjs"]),
    Step("e2e", "cd web && npm run --silent e2e", NODE, needs=["web/e2e/world.ts"]),
    Step("format", "./dev lint-format"),
    Step("tidy", "./dev lint-tidy", needs=["tools/tidy/run.py"]),
    Step("tools", "python3 tools/tidy/run.py --self-test && python3 tools/check.py --self-test",
         LINE, needs=["tools/tidy/run.py"]),
]


def fuzz_steps(root):
    """One step for each fuzz target; without any target, one step that is missing."""
    targets = sorted(path.stem for path in (root / "src").rglob("*_fuzz.cpp"))
    return [Step(f"fuzz-{target}", f"./dev fuzz {target} {FUZZ_SECONDS}",
                 needs=[f"tests/fuzz/corpus/{target}"]) for target in targets] or [
        Step("fuzz", "false", needs=["a fuzz target src/*/*_fuzz.cpp"])]


def sum_of(pattern, text):
    return sum(int(number) for number in re.findall(pattern, text, re.M))


def count(kind, text, status):
    """(passed, failed) of a step that printed `text` and ended with `status`."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    if kind == ONE:
        return (1, 0) if status == 0 else (0, 1)
    if kind == GTEST:
        passed = sum_of(r"^\[  PASSED  \] (\d+) tests?\.", text)
        failed = sum_of(r"^\[  FAILED  \] (\d+) tests?, listed below", text)
    else:
        passed = sum_of(r"^(\d+) passed, \d+ failed$", text)
        failed = sum_of(r"^\d+ passed, (\d+) failed$", text)
        if kind == NODE and passed + failed == 0:
            passed = sum_of(r"^(?:ℹ|#) pass (\d+)$", text) + sum_of(
                r"^ *Tests .*?(\d+) passed", text)
            failed = sum_of(r"^(?:ℹ|#) fail (\d+)$", text) + sum_of(
                r"^ *Tests .*?(\d+) failed", text)
    # A crash, or a run of nothing, prints no failure of its own.
    if failed == 0 and (status != 0 or passed == 0):
        failed = 1
    return passed, failed


def run(step):
    """Runs the step and says how it went; (passed, failed)."""
    log = LOGS / f"{step.name}.log"
    began = time.monotonic()
    missing = [path for path in step.needs if not (ROOT / path).exists()]
    if missing:
        log.write_text("missing: " + ", ".join(missing) + "\n", encoding="utf8")
        passed, failed = 0, 1
    else:
        with log.open("w", encoding="utf8") as out:
            done = subprocess.run(["bash", "-euo", "pipefail", "-c", step.command], cwd=ROOT,
                                  stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                                  check=False)
        passed, failed = count(step.count, log.read_text(encoding="utf8", errors="replace"),
                               done.returncode)
    said = [f"{'FAILED' if failed else 'passed'}  {step.name:<24} {passed:>5} of "
            f"{passed + failed:<5} {time.monotonic() - began:>6.1f} s"]
    if failed:
        tail = log.read_text(encoding="utf8", errors="replace").splitlines()[-40:]
        said += [f"    | {line}" for line in tail]
    print("\n".join(said), flush=True)
    return passed, failed


def main():
    LOGS.mkdir(parents=True, exist_ok=True)
    counts = [run(step) for step in BUILDS]
    with ThreadPoolExecutor(os.cpu_count()) as lanes:
        counts += lanes.map(run, STEPS + fuzz_steps(ROOT))
    passed, failed = (sum(column) for column in zip(*counts))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


def self_test():
    gtest = "[==========] 11 tests ran.\n[  PASSED  ] 10 tests.\n[  FAILED  ] 1 test, listed below:\n"
    cases = [
        (ONE, "", 0, (1, 0)),
        (ONE, "", 2, (0, 1)),
        (GTEST, gtest, 1, (10, 1)),
        (GTEST, "[  PASSED  ] 3 tests.\n[  PASSED  ] 1 test.\n", 0, (4, 0)),
        (GTEST, "[  PASSED  ] 3 tests.\nSegmentation fault\n", 139, (3, 1)),
        (GTEST, "", 0, (0, 1)),
        (LINE, "3 passed, 0 failed\n2 passed, 1 failed\n", 1, (5, 1)),
        (LINE, "3 passed, 0 failed, said somebody\n", 0, (0, 1)),
        (LINE, "0 passed, 0 failed\n", 0, (0, 1)),
        (NODE, "\x1b[32m4 passed, 0 failed\x1b[0m\n", 0, (4, 0)),
        (NODE, "ℹ tests 5\nℹ pass 4\nℹ fail 1\n", 1, (4, 1)),
        (NODE, " Test Files  1 failed (1)\n      Tests  1 failed | 11 passed (12)\n", 1, (11, 1)),
    ]
    wrong = [case for case in cases if count(*case[:3]) != case[3]]
    for case in wrong:
        print(f"count{case[:3]} gave {count(*case[:3])}, not {case[3]}")
    print(f"{len(cases) - len(wrong)} passed, {len(wrong)} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(self_test() if sys.argv[1:] == ["--self-test"] else main())
