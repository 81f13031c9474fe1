"""Markets that went wrong in other people's programs, or in this one; tests/fixtures/draw has them."""
import json
import time

from common import ROOT, RULES, draw, dump, run, scratch
from model import Market

FIXTURES = ROOT / "tests" / "fixtures" / "draw"
IN_TURN = ("stable", "draft", "serial")

# What `stable`, `draft` and `serial` give: seats by student. A name is project, number of its
# report, and what went wrong there.
SEATS = {
    "min2": {"s": ["a"], "t": ["a"]},
    "openreview-226-minimum": {"s1": ["p1"], "s2": ["p1"], "s3": ["p1"], "s4": ["p2"], "s5": ["p2"]},
    "g0": {"s": []},
    "g1": {"s1": ["b"], "s2": []},
    "da_school_choice-32-same-lists": {"A": ["X"], "B": ["Y"], "C": ["Y"]},
    "matching-167-no-priorities-all-tied": {"10": ["a"], "9": ["b"], "z": [], "甲": []},
    "matching-179-empty-lists": {"A": [], "B": [], "C": ["H1"], "D": [], "E": []},
    "mitoc-100-waitlist": {"A": ["trip1"], "B": ["trip2"], "D": [], "driver": []},
    "ratingallocate-278-nonparticipant": {"none": [], "p1": ["y"], "p2": ["x"]},
    "tryswift-303-third-choice-applicant-first": {
        "Applicant": ["w0"], "Filler0": [], "Filler1": ["w1"]},
    "tryswift-303-third-choice-applicant-last": {
        "Applicant": ["w2"], "Filler0": ["w0"], "Filler1": ["w1"]},
}
# Refused, with what the line must name.
REFUSED = {
    "dk": "courses[0].cap", "dk2": "students[0].lottery", "esp-10-duplicate-student": "students[2].id",
    "esp-10-duplicate-wish": "students[0].prefs[1]",
    "esp-845-rejected-section": "students[0].prefs[0]",
}


def check_seats(tally, folder):
    for path in sorted(FIXTURES.glob("*.json")):
        name = path.stem
        instance = json.loads(path.read_bytes()) if name not in REFUSED else None
        for rule in RULES:
            market = Market.as_taken(instance, None, rule) if instance else None
            done = draw(path, rule, ignore_prio=bool(market and market.ignore_prio))
            if name in REFUSED:
                tally.check(done.status == 2 and REFUSED[name] in done.err,
                            f"{name} {rule}: {done.status} {done.err}")
                continue
            if not tally.check(done.status == 0, f"{name} {rule}: {done.err}"):
                continue
            result = done.json()
            seats = result["assignment"]
            wanted = SEATS.get(name) if rule in IN_TURN else None
            tally.check(not market.broken(seats) and (wanted is None or seats == wanted),
                        f"{name} {rule}: {seats}")
            verified = run("draw", "verify", "--in", path, "--result",
                           dump(folder / "result.json", done.out))
            tally.check(verified.status == 0, f"{name} {rule}: {verified.err}")


def explained(folder, name, rule, student):
    path = FIXTURES / f"{name}.json"
    result = dump(folder / "result.json", draw(path, rule).out)
    return run("draw", "explain", "--in", path, "--result", result,
               "--student", student).out.decode()


def check_explained(tally, folder):
    """What a clerk reads about groups, closed sections and strange ids."""
    for rule in RULES:
        tally.check("no seats" in explained(folder, "g0", rule, "s"), f"g0 {rule}")
    for rule in IN_TURN:
        text = explained(folder, "g1", rule, "s2")
        tally.check("group" in text and "s1" in text and "nobody" not in text, f"g1 {rule}: {text}")
        text = explained(folder, "min2", rule, "t")
        tally.check("b: 未开班" in text and "重新开班" in text, f"min2 {rule}: {text}")
        text = explained(folder, "ctl2", rule, "t")
        tally.check(text.count("\n") == 2 and "\x1b" not in text and "\u202e" not in text
                    and "\\u001b[2J\\u202e" in text, f"ctl2 {rule}: {text!r}")


def check_strange_receipt(tally, folder):
    path = FIXTURES / "ctl2.json"
    root = run("draw", "root", "--in", path).out.decode().strip()
    result = dump(folder / "result.json", draw(path, "stable").out)
    made = run("draw", "receipt", "--in", path, "--result", result, "--student", "t")
    done = run("draw", "check-receipt", dump(folder / "receipt.json", made.out), "--root", root)
    text = done.out.decode()
    tally.check(done.status == 0 and "\x1b" not in text and "\u202e" not in text,
                f"ctl2 receipt: {text!r} {done.err}")


def many_sections(count, **more):
    """So many sections of one seat, and a fifth as many students with four wishes each."""
    ids = [f"c{i:06d}" for i in range(count)]
    return {"courses": [{"id": name, "cap": 1, **more} for name in ids],
            "groups": [{"id": "g", "cap": count // 10}],
            "students": [{"id": f"s{i:06d}", "quota": 1, "lottery": i, "prefs": [
                ids[(7919 * i + 104729 * k) % count] for k in range(4)]} for i in range(count // 5)]}


def check_many_sections(tally, folder):
    """At the limit of the format time is near linear: quadratic takes minutes here."""
    for more in ({}, {"group": "g"}, {"min": 1}):
        path = dump(folder / "many.json", many_sections(100_000, **more))
        for rule in IN_TURN:
            began = time.monotonic()
            done = draw(path, rule, more=["--out", folder / "result.json"])
            taken = time.monotonic() - began
            tally.check(done.status == 0 and taken < 15, f"100,000 sections {more} {rule}: {taken:.1f} s")


def check_no_capacity(tally, folder):
    """2,000 students with one wish for a section without seats, beside sections with seats."""
    instance = {"courses": [{"id": "none", "cap": 0}, {"id": "some", "cap": 900}],
                "students": [{"id": f"s{i:04d}", "quota": 1, "lottery": i,
                              "prefs": ["none", "some"]} for i in range(2000)]}
    path = dump(folder / "none.json", instance)
    for rule in RULES:
        stats = draw(path, rule).json()["stats"]
        tally.check(stats["profile"] == [0, 900], f"no capacity {rule}: {stats}")


def checks(tally, _):
    for check in (check_seats, check_explained, check_strange_receipt, check_many_sections,
                  check_no_capacity):
        with scratch() as folder:
            check(tally, folder)
