#!/usr/bin/env python3
"""The same input gives the same bytes, whoever computes them.

- by g++ and by clang++ (`./dev build asan`): all public instances and 300 random ones, all rules;
- by the C++ program and by the verifier of the page (web/), an implementation of its own that draws
  again or checks the certificate: all public instances and 1,000 random ones, and some receipts.
"""
import random
import re
import sys

from common import (COURSES, ROOT, RULES, Tally, draw, dump, load, need_binary, parallel,
                    public_instances, run, run_program, scratch)
from draw_instances import instances, school, seed_for
from model import Market

CLANG = ROOT / "build" / "asan" / "shuangjian"
VERIFIER = ROOT / "web" / "dist" / "tools" / "draw_verify.js"
BY_CLANG, BY_PAGE, RECEIPTS = 300, 1000, 100


def cases():
    """(name, instance) of all, the public ones first."""
    for path in public_instances():
        yield path.stem, load(path)
    yield "school", school(random.Random(1), 400, 24, 6, 5)
    yield from instances("bytes", BY_PAGE, 12, 8)


def draws_of(name, instance):
    """(rule, seed, --ignore-prio): every rule, with a seed or with the lottery of the file."""
    rng = random.Random(name)
    for rule in RULES:
        seed = seed_for(rng, instance)
        must_ignore = Market.as_taken(instance, seed, rule).ignore_prio
        yield rule, seed, must_ignore or rng.random() < 0.1


def write_results(tally, folder):
    """Writes NAME.in.json and NAME.RULE.out.json for all cases; compares with clang's."""
    def results_of(numbered):
        number, (name, instance) = numbered
        path = dump(folder / f"{name}.in.json", instance)
        compared = []
        for rule, seed, ignores in draws_of(name, instance):
            done = draw(path, rule, seed, ignores)
            out = dump(folder / f"{name}.{rule}.out.json", done.out)
            if number < len(public_instances()) + 1 + BY_CLANG:
                other = draw(path, rule, seed, ignores, binary=CLANG)
                compared.append((f"{name} {rule} seed {seed}: g++ and clang++ differ",
                                 done.status == other.status == 0 and done.out == other.out))
            if done.status != 0:
                compared.append((f"{name} {rule} seed {seed}: {done.err.strip()}", False))
                out.unlink()
        return compared

    for compared in parallel(results_of, enumerate(cases())):
        for what, good in compared:
            tally.check(good, what)


def check_page(tally, folder):
    """Lets the page's verifier go through the results."""
    done = run_program(["node", VERIFIER, "batch", folder])
    *lines, last = done.out.decode("utf8", "replace").splitlines() or [""]
    counted = re.fullmatch(r"(\d+) passed, (\d+) failed", last)
    results = len(list(folder.glob("*.out.json")))
    if not counted or sum(map(int, counted.groups())) != results:
        tally.check(False, f"draw_verify batch of {results}: {last} {done.err[:500]}")
        return
    for line in lines:
        print(f"FAILED by the page: {line[:600]}")
    tally.passed += int(counted[1])
    tally.failed += int(counted[2])


def check_receipts(tally, folder):
    """The page and the program agree on receipts and on the root."""
    def compare(numbered):
        number, result = numbered
        name, rule = re.fullmatch(r"(.+)\.(\w+)\.out\.json", result.name).groups()
        path = folder / f"{name}.in.json"
        root = run("draw", "root", "--in", path).out.decode().strip()
        found = [(f"{name}: root", run_program(
            ["node", VERIFIER, "root", "--in", path]).out.decode().strip() == root)]
        document = load(result)
        students = sorted(document["assignment"])
        if students:
            student = students[number % len(students)]
            made = run("draw", "receipt", "--in", path, "--result", result, "--student", student)
            receipt = dump(folder / f"{name}.{rule}.receipt.json", made.out)
            seed = ["--seed", document["seed"]] if document["seed"] else []
            done = run_program(["node", VERIFIER, "receipt", receipt, "--root", root, *seed])
            found.append((f"{name} {rule}: receipt of {student!r} by the page: "
                          f"{done.out.decode()[-300:]}", done.status == 0))
        return found

    results = sorted(folder.glob("*.out.json"))
    chosen = random.Random("receipts").sample(results, min(RECEIPTS, len(results)))
    for found in parallel(compare, enumerate(chosen)):
        for what, good in found:
            tally.check(good, what)


def main():
    need_binary()
    if not CLANG.exists():
        sys.exit(f"{CLANG} is missing: ./dev build asan")
    tally = Tally()
    if not COURSES.exists():
        tally.skip(9 * len(RULES), "no public instances here")
    if not VERIFIER.exists():
        built = run_program(["npm", "--prefix", ROOT / "web", "run", "build"])
        tally.check(VERIFIER.exists(), f"npm run build: {built.err[-500:]}")
    with scratch() as folder:
        write_results(tally, folder)
        if VERIFIER.exists():
            check_page(tally, folder)
            check_receipts(tally, folder)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
