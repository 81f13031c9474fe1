#!/usr/bin/env python3
"""The commands `policy list` and `policy check`, as they are promised. Ends with "N passed, N failed".

    tests/cli/policy.py [PROGRAM]

Also that every rule of the encoded domains of policy/tables/rule_ids.csv is there, or listed with the
reason why no fact decides it.
"""
import csv
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = Path(sys.argv[1]) if sys.argv[1:] else ROOT / "build" / "release" / "shuangjian"
DOMAINS = ("1b", "2")  # exams and school time, after-school service

passed = failed = 0


def expect(what, is_so, said=""):
    global passed, failed
    if is_so:
        passed += 1
    else:
        failed += 1
        print(f"{what}: {said}")


def policy(*arguments):
    done = subprocess.run([PROGRAM, "policy", *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def check(rule, on, facts, *more):
    status, out, err = policy("check", rule, "--on", on, "--facts", json.dumps(facts), *more)
    return json.loads(out) if status == 0 else {"verdict": f"exit {status}: {err}"}


def verdicts():
    for rule, on, facts, more, want, value, limit in [
            ("AS-2H", "2026-10-12", {"service_minutes": 120}, [], "pass", 120, 120),
            ("AS-2H", "2026-10-12", {"service_minutes": 119}, [], "fail", 119, 120),
            ("AS-2H", "2026-10-12", {"service_start": "16:00", "service_end": "17:59"}, [], "fail", 119, 120),
            ("AS-2H", "2026-10-12", {}, [], "unknown", None, 120),
            ("AS-2H", "2021-07-01", {"service_minutes": 10}, [], "na", None, None),
            ("ST-START", "2026-10-12", {"grade": 6, "first_lesson_start": "08:19"}, [], "fail", "08:19", "08:20"),
            ("ST-START", "2026-10-12", {"grade": 7, "first_lesson_start": "08:19"}, [], "pass", "08:19", "08:00"),
            ("ST-START", "2026-10-12", {"grade": 6, "first_lesson_start": "08:19", "exempt": True}, [],
             "warn", "08:19", "08:20"),
            ("EX-P12", "2026-10-12", {"grade": 2, "paper_exams": 1}, [], "fail", 1, 0),
            ("EX-P12", "2026-10-12", {"grade": 3, "paper_exams": 1}, [], "na", None, None),
            ("EX-P12", "2025-12-10", {"grade": 2, "paper_exams": 1}, [], "fail", 1, 0),
            ("AS-FEE-CAP", "2026-10-12", {"place_kind": "urban", "fee_per_lesson": 3.6}, [], "na", None, None),
            ("AS-FEE-CAP", "2026-10-12",
             {"place_kind": "urban", "fee_per_lesson": 3.6}, ["--area", "370102"], "fail", 3.6, 3.5),
            ("AS-FEE-CAP", "2026-10-12",
             {"place_kind": "urban", "fee_per_lesson": 3.5}, ["--area", "370000"], "pass", 3.5, 3.5)]:
        got = check(rule, on, facts, *more)
        expect(f"{rule} {on} {facts} {more}",
               (got["verdict"], got.get("value"), got.get("limit")) == (want, value, limit), got)
    got = check("AS-2H", "2026-10-12", {"service_minutes": 119})
    expect("members", list(got) == ["rule", "verdict", "value", "limit", "unit", "source", "version",
                                    "explanation"], list(got))
    expect("source", list(got["source"]) == ["title", "number", "clause"], got["source"])
    expect("sentence", "120分钟" in got["explanation"] and "119分钟" in got["explanation"], got)


def refusals():
    for arguments, said in [
            (["check", "AS-3H", "--on", "2026-10-12", "--facts", "{}"], "AS-3H"),
            (["check", "AS-FEE-MODE", "--on", "2026-10-12", "--facts", "{}"], "AS-FEE-MODE: "),
            (["check", "AS-2H", "--on", "2026-02-30", "--facts", "{}"], "day 30"),
            (["check", "AS-2H", "--on", "2026-10-12", "--facts", "{"], "line 1"),
            (["check", "AS-2H", "--on", "2026-10-12", "--facts", '{"service_minuts": 5}'], "service_minuts"),
            (["check", "AS-2H", "--on", "2026-10-12", "--facts", '{"service_minutes": "x"}'], "a number"),
            (["list", "--area", "43060"], "430602")]:
        status, out, err = policy(*arguments)
        expect(f"{arguments}", status == 2 and said in err and not out, f"{status} {out} {err}")


def packs():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "policy"
        shutil.copytree(ROOT / "policy", folder)
        file = folder / "national" / "after_school" / "AS-2H.json"
        text = file.read_text(encoding="utf8")
        file.write_text(text.replace('"value": 120', '"value": 121'), encoding="utf8")
        status, _, err = policy("list", "--packs", str(folder))
        expect("a case says otherwise", status == 2 and "AS-2H.json:" in err and "cases[" in err, err)
        file.write_text(text.replace('"op": ">="', '"op": ">"'), encoding="utf8")
        status, _, err = policy("check", "AS-2H", "--on", "2026-10-12", "--facts", "{}", "--packs", str(folder))
        expect("a pack with a fault judges nothing", status == 2 and "AS-2H.json:" in err, err)
        file.write_text(text.rstrip()[:-1], encoding="utf8")
        status, _, err = policy("list", "--packs", str(folder))
        expect("a file cut short", status == 2 and "AS-2H.json:" in err, err)


def every_rule():
    status, out, err = policy("list", "--on", "2026-10-12")
    rules = [json.loads(line) for line in out.splitlines()]
    expect("list", status == 0 and len(rules) >= 51, err)
    expect("each once", len({rule["rule"] for rule in rules}) == len(rules))
    expect("each says where it is written, or why nothing decides it",
           all(rule["limits"] or rule["about"] or not rule["in_force"] for rule in rules))
    _, early, _ = policy("list", "--on", "2017-01-01")
    forces = {rule["rule"]: rule["in_force"] for rule in map(json.loads, early.splitlines())}
    expect("before it is in force", forces["AS-2H"] is False and forces["ST-STUDYHOURS"] is True, forces)
    with (ROOT / "policy" / "tables" / "rule_ids.csv").open(encoding="utf8") as table:
        wanted = {row["id"] for row in csv.DictReader(table) if row["domain"] in DOMAINS}
    there = {rule["rule"] for rule in rules}
    expect("every rule of the tables", len(wanted) == 51 and wanted <= there, sorted(wanted - there))


verdicts()
refusals()
packs()
every_rule()
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed or not passed else 0)
