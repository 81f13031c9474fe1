#!/usr/bin/env python3
"""`welfare` beside CBC on schools whose times overlap: same optimum, and how much less CPU.

    bench/welfare_vs_cbc.py [PROGRAM] [--rounds N] [--only NAME]

Then schools whose minima are nearly their seats, where it is hard which sections open.

CBC gets its best simple model: a variable a wish, one row for each maximal clique of a student's
conflicts, an opening for each section with a minimum, and one weighted objective (seats x big + points, or - rank). Default settings, one
thread. Reading is taken off on both sides: from ours the CPU of a `serial` draw of the same file,
from CBC's the CPU of a run that reads the model and stops. Runs are interleaved.
Exit status 1 if the optima differ.
"""
import argparse
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data" / "course-alloc"


def generated(students, sections, wishes, seats_per_want, seed):
    """A school with overlapping times: one or two weekdays, starts and lengths that mix."""
    dice = random.Random(seed)
    cap = students * 3 * seats_per_want / sections
    courses = []
    for number in range(sections):
        days = dice.sample(["Mon", "Tue", "Wed", "Thu", "Fri"], dice.choice([1, 1, 2]))
        start = 960 + 15 * dice.randrange(5)
        courses.append({"id": f"c{number:03}", "cap": max(1, round(cap * dice.uniform(0.5, 1.5))),
                        "days": days, "start": start, "end": start + 30 + 15 * dice.randrange(4)})
    weights = [(number + 1) ** -0.8 for number in range(sections)]
    pupils = []
    for number in range(students):
        prefs = []
        while len(prefs) < wishes:
            course = courses[dice.choices(range(sections), weights)[0]]["id"]
            if course not in prefs:
                prefs.append(course)
        pupils.append({"id": f"s{number:05}", "quota": 3, "prefs": prefs})
    for place, pupil in enumerate(dice.sample(pupils, len(pupils)), 1):
        pupil["lottery"] = place
    return {"courses": courses, "students": pupils}


def tight(students, sections, cap, least, seed):
    """A school whose sections are alike, each with a minimum; four wishes, one place."""
    dice = random.Random(seed)
    courses = [{"id": f"c{number:03}", "cap": cap, "min": least} for number in range(sections)]
    pupils = [{"id": f"s{number:05}", "quota": 1,
               "prefs": [course["id"] for course in dice.sample(courses, 4)]}
              for number in range(students)]
    for place, pupil in enumerate(dice.sample(pupils, len(pupils)), 1):
        pupil["lottery"] = place
    return {"courses": courses, "students": pupils}


def clash(a, b):
    if a.get("slot") and a.get("slot") == b.get("slot"):
        return True
    if a.get("course") and a.get("course") == b.get("course"):
        return True
    return bool(set(a.get("days") or ()) & set(b.get("days") or ())
                and a["start"] < b["end"] and b["start"] < a["end"])


def maximal_cliques(near, chosen, candidates, excluded):
    """Bron and Kerbosch 1973, with a pivot."""
    if not candidates and not excluded:
        if len(chosen) > 1:
            yield chosen
        return
    pivot = max(candidates | excluded, key=lambda node: len(near[node] & candidates))
    for node in candidates - near[pivot]:
        yield from maximal_cliques(near, chosen | {node}, candidates & near[node],
                                   excluded & near[node])
        candidates = candidates - {node}
        excluded = excluded | {node}


def write_model(instance, path):
    """The integer programme as a CPLEX LP file; gives {variable: (rank, points)} and `big`."""
    courses = {course["id"]: course for course in instance["courses"]}
    has_points = any(student.get("util") for student in instance["students"])
    near_all = {a: {b for b in courses if b != a and clash(courses[a], courses[b])}
                for a in courses}
    worth = {}
    rows = []
    by_course = {}
    for s, student in enumerate(instance["students"]):
        name = {course: f"x{s}_{rank}" for rank, course in enumerate(student["prefs"], 1)}
        for rank, course in enumerate(student["prefs"], 1):
            worth[name[course]] = (rank, (student.get("util") or {}).get(course, 0))
            by_course.setdefault(course, []).append(name[course])
        rows.append((list(name.values()), student["quota"]))
        near = {course: near_all[course] & set(name) for course in name}
        for clique in maximal_cliques(near, frozenset(), frozenset(name), frozenset()):
            rows.append(([name[course] for course in sorted(clique)], 1))
    opened = []  # a section with a minimum: seats and minimum go with whether it opens
    for course in sorted(by_course):
        if courses[course].get("min"):
            opened.append((course, by_course[course]))
        else:
            rows.append((by_course[course], courses[course]["cap"]))
    big = 1 + sum(max(len(student["prefs"]), max((student.get("util") or {0: 0}).values()))
                  * student["quota"] for student in instance["students"])
    with open(path, "w", encoding="ascii") as out:
        out.write("Maximize\n obj:")
        for count, (variable, (rank, points)) in enumerate(worth.items()):
            out.write(f" + {big + (points if has_points else -rank)} {variable}"
                      + ("\n" if count % 8 == 7 else ""))
        out.write("\nSubject To\n")
        for number, (variables, limit) in enumerate(rows):
            out.write(f" r{number}:")
            for count, variable in enumerate(variables):
                out.write(f" + {variable}" + ("\n" if count % 16 == 15 else ""))
            out.write(f" <= {limit}\n")
        for course, variables in opened:
            total = "\n".join(f" + {variable}" for variable in variables)
            out.write(f" c{course}:{total} - {courses[course]['cap']} y{course} <= 0\n"
                      f" m{course}:{total} - {courses[course]['min']} y{course} >= 0\n")
        binary = list(worth) + ["y" + course for course, _ in opened]
        out.write("Binary\n" + "\n".join(binary) + "\nEnd\n")
    return worth


def run(command):
    """(CPU seconds of the process, its output)."""
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out,
                                 stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(child.pid, 0)
        out.seek(0)
        text = out.read().decode()
    if status:
        sys.exit(f"{command}: wait status {status}\n{text}")
    return usage.ru_utime + usage.ru_stime, text


def ours(program, instance_path, rule, folder):
    result = folder / "result.json"
    cpu, text = run([program, "draw", "--in", instance_path, "--rule", rule, "--threads", "1",
                     "--out", result])
    stats = json.loads(result.read_bytes())["stats"]
    return cpu, stats, "proved optimal" in text


def cbc(model, worth, folder):
    solution = folder / "solution.txt"
    cpu, text = run(["cbc", model, "-timeMode", "cpu", "-solve", "-solution", solution])
    reading, _ = run(["cbc", model, "-quit"])
    own = float(re.search(r"Total time \(CPU seconds\):\s+([\d.]+)", text)[1])
    lines = solution.read_text(encoding="ascii").splitlines()
    taken = [line.split()[1] for line in lines[1:]
             if line.split()[1] in worth and float(line.split()[2]) > 0.5]
    return (cpu - reading, own, lines[0].startswith("Optimal"), len(taken),
            sum(worth[name][0] for name in taken), sum(worth[name][1] for name in taken))


def compare(name, instance_path, program, rounds, folder):
    instance = json.loads(instance_path.read_bytes())
    model = folder / "model.lp"
    worth = write_model(instance, model)
    our_cpu, our_net, cbc_net, cbc_own, ratios = [], [], [], [], []
    good = True
    for _ in range(rounds):
        serial, _, _ = ours(program, instance_path, "serial", folder)
        cpu, stats, proved = ours(program, instance_path, "welfare", folder)
        net, own, optimal, seats, rank, points = cbc(model, worth, folder)
        second = ("points", stats["total_utility"], points)
        if stats["total_utility"] is None:
            second = ("rank", stats["total_rank"], rank)
        good = good and proved and optimal and (stats["seated"], second[1]) == (seats, second[2])
        our_cpu.append(cpu)
        our_net.append(max(cpu - serial, 0.001))  # below the clock's resolution
        cbc_net.append(net)
        cbc_own.append(own)
        ratios.append(our_net[-1] / net)
    median = statistics.median
    print(f"| {name} | {stats['seated']}, {second[0]} {second[1]} | {median(our_cpu):.2f} "
          f"| {median(our_net):.3f} | {median(cbc_net):.2f} | {median(cbc_own):.2f} "
          f"| {median(ratios):.3f} | {'same' if good else 'DIFFERENT'} |", flush=True)
    if not good:
        print(f"ours: {stats['seated']}, {second[1]}, proved {proved}; "
              f"CBC: {seats}, {second[2]}, optimal {optimal}", file=sys.stderr)
    return good


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("program", nargs="?", type=Path,
                           default=ROOT / "build" / "release" / "shuangjian")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--only", default="", help="cases with this in their name")
    given = arguments.parse_args()
    tight_schools = {f"tight {shape[0]} x {shape[1]}, seed {seed}": (*shape, seed)
                     for shape in ((300, 25, 20, 17), (200, 40, 12, 8)) for seed in range(1, 11)}
    schools = {"school 400 x 30 x 8": (400, 30, 8, 0.6, 1), "school 1000 x 60 x 8": (1000, 60, 8, 0.8, 2)}
    cases = [DATA / "umass24.json", DATA / "umass24-c30.json"]
    good = True
    print("| instance | optimum | ours CPU s | without reading | CBC CPU s without reading "
          "| CBC's own figure | ours / CBC | optimum |\n|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for school, shape in schools.items():
            path = folder / f"{school}.json"
            path.write_text(json.dumps(generated(*shape)), encoding="ascii")
            cases.append(path)
        for school, shape in tight_schools.items():
            path = folder / f"{school}.json"
            path.write_text(json.dumps(tight(*shape)), encoding="ascii")
            cases.append(path)
        for path in cases:
            if given.only not in path.stem:
                continue
            if not path.exists():
                print(f"skipped: there is no ../shared/data/course-alloc/{path.name}",
                      file=sys.stderr)
                continue
            good = compare(path.stem, path, given.program, given.rounds, folder) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
