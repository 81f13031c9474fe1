#!/usr/bin/env python3
"""`draw --rule welfare` against two independent exact solvers.

CBC, a branch-and-cut code by other people, must find as many seats and the same total rank
(points) on 2,000 random instances. On 200 of at most 6 students and 4 sections every assignment
is gone through, and all four levels of the objective must be the best there are.
"""
import itertools
import random
import re
import shutil
import sys

from common import Tally, draw, dump, need_binary, parallel, run_program, scratch
from draw_instances import instances, seed_for
from model import Market

BY_CBC, BATCH = 2000, 40
BY_HAND = 200


# --- CBC ---

def linear_program(markets):
    """All markets as one program in CPLEX LP format; variable x<market>_<student>_<wish>."""
    objective, rows, binary = [], [], []

    def row(terms, sense, bound):
        if terms:
            rows.append(f"r{len(rows)}: {' '.join(terms)} {sense} {bound}")

    for m, market in enumerate(markets):
        # A seat outweighs all ranks (points) together.
        seat = 1 + sum(abs(market.worth(s, j)[1]) for s in market.students for j in market.prefs(s))
        name = {(s, j): f"x{m}_{i}_{k}" for i, s in enumerate(market.students)
                for k, j in enumerate(market.prefs(s))}
        binary += name.values()
        objective += [f"+ {seat + market.worth(*wish)[1]} {x}" for wish, x in name.items()]

        def seats(sections, name=name):
            return [f"+ {x}" for (_, j), x in name.items() if j in sections]

        for student in market.students:
            wishes = market.prefs(student)
            row([f"+ {name[student, j]}" for j in wishes], "<=", market.quota(student))
            for a, b in itertools.combinations(wishes, 2):
                if market.conflict(a, b):
                    row([f"+ {name[student, a]}", f"+ {name[student, b]}"], "<=", 1)
        for n, (section, facts) in enumerate(market.sections.items()):
            row(seats({section}), "<=", facts["cap"])
            if facts.get("min", 0) > 0:
                is_open = f"y{m}_{n}"
                binary.append(is_open)
                row(seats({section}) + [f"- {facts['min']} {is_open}"], ">=", 0)
                row(seats({section}) + [f"- {facts['cap']} {is_open}"], "<=", 0)
        for group, facts in market.groups.items():
            row(seats({j for j, s in market.sections.items() if s.get("group") == group}),
                "<=", facts["cap"])
    return "\n".join(["Maximize", "obj: 0 nothing", *objective, "Subject To", "none: nothing <= 1",
                      *rows, "Binary", *binary, "End", ""])


def solve(markets, folder, name):
    """(seats, rank or points) that CBC reaches on each market."""
    program, answer = folder / f"{name}.lp", folder / f"{name}.txt"
    program.write_text(linear_program(markets), encoding="utf8")
    done = run_program(["cbc", program, "-ratioGap", "0", "-allowableGap", "0", "-solve",
                        "-solution", answer])
    text = answer.read_text(encoding="utf8")
    if not text.startswith("Optimal"):
        raise RuntimeError(f"cbc: {text[:100]} {done.err[:200]}")
    best = [(0, 0)] * len(markets)
    for m, i, k, value in re.findall(r"^.* x(\d+)_(\d+)_(\d+) +(\S+)", text, re.M):
        if float(value) < 0.5:
            continue
        market = markets[int(m)]
        student = list(market.students)[int(i)]
        worth = market.worth(student, market.prefs(student)[int(k)])
        best[int(m)] = tuple(map(sum, zip(best[int(m)], worth)))
    return best


# --- every assignment ---

def best_of_all(market):
    """The greatest value of any assignment: student by student, over all ways to fill the seats."""
    sections = list(market.sections)
    ways = {(0,) * len(sections): (0, 0, 0, 0)}  # seats taken: the best value that takes them
    for student in market.students:
        bundles = [bundle for size in range(market.quota(student) + 1)
                   for bundle in itertools.combinations(market.prefs(student), size)
                   if not any(market.conflict(a, b) for a, b in itertools.combinations(bundle, 2))]
        longer = {}
        for taken, value in ways.items():
            for bundle in bundles:
                seats = tuple(n + (j in bundle) for n, j in zip(taken, sections))
                if any(n > market.sections[j]["cap"] for n, j in zip(seats, sections)):
                    continue
                worth = tuple(map(sum, zip(value, *(market.worth(student, j) for j in bundle))))
                longer[seats] = max(worth, longer.get(seats, worth))
        ways = longer

    def allowed(seats):
        taken = dict(zip(sections, seats))
        return all(n == 0 or n >= market.sections[j].get("min", 0) for j, n in taken.items()) and (
            all(sum(taken[k] for k in market.gate(j)) <= market.group_cap(j) for j in sections))

    return max(value for seats, value in ways.items() if allowed(seats))


# --- the checks ---

def prepared(name, instance):
    """How to draw an instance: with or without a seed, priorities dropped if there are some."""
    market = Market(instance, seed_for(random.Random(name), instance))
    market.ignore_prio = market.has_prio()
    return market


def welfare(path, market):
    """(value, faults) of what the program gives."""
    done = draw(path, "welfare", market.seed, market.ignore_prio)
    if done.status != 0:
        return None, [f"exit {done.status}: {done.err.strip()}"]
    result = done.json()
    faults = market.broken(result["assignment"])
    faults += [f"a gap of {part['gap']} is left"
               for part in result["certificate"]["components"] if part["gap"] is not None]
    return market.value(result["assignment"]), faults


def check(tally, count, size, best, what, folder):
    """Draws `count` instances and compares with `best` of a batch of markets."""
    def batch_of(numbered):
        number, batch = numbered
        markets = [prepared(*one) for one in batch]
        drawn = [welfare(dump(folder / f"{name}.json", instance), market)
                 for (name, instance), market in zip(batch, markets)]
        return zip(batch, drawn, best(markets, f"{what}-{number}"))

    made = instances(f"oracle-{what}", count, *size)
    batches = iter(lambda: list(itertools.islice(made, BATCH)), [])
    for batch in parallel(batch_of, enumerate(batches)):
        for (name, instance), (value, faults), wanted in batch:
            if value is not None and value[:len(wanted)] != wanted:
                faults.append(f"value {value}, but {what} reaches {wanted}")
            tally.check_all(faults, f"welfare {name}", instance)


def checks(tally, _=None):
    with scratch() as folder:
        if shutil.which("cbc"):
            check(tally, BY_CBC, (12, 8), lambda markets, name: solve(markets, folder, name),
                  "cbc", folder)
        else:
            tally.check(False, "cbc is missing: ./dev setup")
        check(tally, BY_HAND, (6, 4), lambda markets, _: map(best_of_all, markets),
              "enumeration", folder)


def main():
    need_binary()
    tally = Tally()
    checks(tally)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
