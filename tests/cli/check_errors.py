"""Wrong input: exit status 2, one line on stderr with the file and the place, nothing written."""
import copy
import json
import os

from common import RULES, canonical, draw, dump, run, scratch
from draw_instances import random_seed

GOOD = {
    "courses": [
        {"id": "围棋", "cap": 2, "min": 1, "slot": "周一", "course": "棋", "group": "馆",
         "days": ["Mon"], "start": 60, "end": 120, "reserve": [{"class": 1, "n": 1}]},
        {"id": "合唱", "cap": 1},
    ],
    "groups": [{"id": "馆", "cap": 2}],
    "students": [
        {"id": "张三", "quota": 1, "lottery": 1, "token": "张", "prefs": ["围棋", "合唱"],
         "prio": {"围棋": 1, "合唱": 1}, "util": {"围棋": 5}},
        {"id": "李四", "quota": 2, "lottery": 2, "prefs": ["合唱"]},
    ],
}
MISSING, WRONG, RANGE = "json.missing", "json.wrong_type", "draw.out_of_range"
TEXTS, NUMBERS, LISTS, OBJECTS = [1, True, []], ["1", 0.5, True, {}], ["x", 1, {}], ["x", 1, []]

# Place of the field, the wrong values, the code. A place like `courses[0].cap` is also what the
# message must name. The value None means that the field is left out.
WRONG_VALUES = [
    ("courses", [None], MISSING), ("students", [None], MISSING),
    *((place, LISTS, WRONG) for place in ("courses", "groups", "students", "courses[0].days",
                                          "courses[0].reserve", "students[0].prefs")),
    *((place, [None], MISSING) for place in (
        "courses[0].id", "courses[0].cap", "courses[0].start", "courses[0].end", "groups[0].id",
        "groups[0].cap", "students[0].id", "students[0].quota", "students[0].prefs",
        "courses[0].reserve[0].class", "courses[0].reserve[0].n")),
    *((place, ["x", 1, []], WRONG) for place in ("courses[1]", "groups[0]", "students[1]",
                                                 "courses[0].reserve[0]")),
    *((place, TEXTS, WRONG) for place in (
        "courses[1].id", "courses[0].slot", "courses[0].course", "courses[0].group",
        "courses[0].days[0]", "groups[0].id", "students[1].id", "students[0].token",
        "students[0].prefs[1]")),
    *((place, NUMBERS, WRONG) for place in (
        "courses[1].cap", "courses[0].min", "courses[0].start", "courses[0].end",
        "courses[0].reserve[0].class", "courses[0].reserve[0].n", "groups[0].cap",
        "students[1].quota", "students[0].lottery", "students[0].prio.围棋",
        "students[0].util.围棋")),
    *((place, OBJECTS, WRONG) for place in ("students[0].prio", "students[0].util")),
    *((place, [-1, 2**31, 2**63, 10**20], None) for place in (
        "courses[1].cap", "courses[0].min", "courses[0].start", "courses[0].end",
        "courses[0].reserve[0].class", "courses[0].reserve[0].n", "groups[0].cap",
        "students[0].quota", "students[0].prio.围棋", "students[0].util.围棋")),
    ("students[0].quota", [0], RANGE), ("students[0].lottery", [-1, 2**53], RANGE),
    ("courses[0].end", [60, 59], "draw.bad_times"), ("courses[0].end", [1441], RANGE),
    ("courses[0].reserve", [[{"class": 1, "n": 3}]], "draw.bad_reserve"),
    ("courses[0].reserve[1].class", [1], "draw.bad_reserve"),
    ("courses[1].id", ["围棋"], "draw.duplicate_id"), ("students[1].id", ["张三"], "draw.duplicate_id"),
    ("groups[1].id", ["馆"], "draw.duplicate_id"), ("courses[1].id", ["", "长" * 67], "draw.bad_id"),
    ("groups[0].id", [""], "draw.bad_id"), ("students[1].id", [""], "draw.bad_id"),
    ("students[0].prefs[1]", ["没有"], "draw.unknown_section"),
    ("students[0].prefs[1]", ["围棋"], "draw.duplicate_wish"),
    ("courses[0].group", ["没有", ""], "draw.unknown_group"),
    # An id may hold a line break; the message is still one line.
    ("students[0].prefs[1]", ["a\nb"], "draw.unknown_section"),
]

# A file in two parts: the message must name the line and column where the second begins, in
# characters. None: any place will do.
NAMED = '{"name":"围棋😀",'
SYNTAX = [
    ("", ""), (" \n\n ", ""), ("", "[]"), ("{", ""), (NAMED, ""), (NAMED, "}"),
    (NAMED + '\n "courses":[{"id":"合唱","cap":', "x}]}"),
    (NAMED + '"courses":[{"id":"合唱","cap":1},', "]}"),
    (NAMED + '"courses":[],\r\n\n"students":[', "}"),
    (NAMED + '"courses":[],"students":[]}', "x"),
    (NAMED + '"courses":[],"students":[]', "x}"),
    (NAMED + '"courses":[],"students":[]} ', "x"),
    (NAMED + '"courses":[],"students":[]}', "\0"),
    (NAMED + '"courses":[] ', '"students":[]}'),
    (NAMED + '"courses":[{"id":"合', ""),
    (NAMED + '"courses":[{"id":"合', '\t","cap":1}]}'),
    (NAMED + '"courses":[{"id":"合', b'\xff","cap":1}]}'),
    ("", b"\xff\xfe{\0}\0"),
    (None, NAMED + '"courses":[{"id":"\\ud800","cap":1}]}'),
    (None, b'{"name":"\xed\xa0\x80"}'), (None, b'{"name":"\xe5\x9b'),
    (None, '{"courses":' + "[" * 100_000), (None, '{"courses":' + '[{"id":' * 50_000),
]


# A member that stands twice in one object, with the place that must be named.
TWICE = [
    ('{"courses":[{"id":"a","cap":1,"cap":2}],"students":[]}', "courses[0].cap"),
    ('{"courses":[{"id":"a","cap":1}],"students":[{"id":"s","quota":1,"prefs":["a"],'
     '"prio":{"a":1,"\\u0061":2}}]}', "students[0].prio.a"),
    ('{"courses":[],"courses":[],"students":[]}', "courses"),
    ('{"note":{"x":[{"y":1,"y":1}]},"courses":[],"students":[]}', "note.x[0].y"),
    ('{"name":1,"courses":[],"students":[],"name":1}', "name"),
]


def to_bytes(text):
    return text.encode("utf8") if isinstance(text, str) else text


def line_and_column(before):
    if before is None:
        return "line 1, column "
    lines = before.split("\n")
    return f"line {len(lines)}, column {len(lines[-1]) + 1}:"


def refused(tally, what, done, *words, status=2):
    """One check that `done` is a clean refusal whose line holds all of `words`."""
    faults = [f"does not say {word!r}" for word in words if str(word) not in done.err]
    if done.status != status:
        faults.append(f"exit {done.status}, not {status}")
    if done.err.count("\n") != 1 or not done.err.startswith("shuangjian: "):
        faults.append("not one line on stderr")
    if done.out:
        faults.append("something on stdout")
    tally.check(not faults, f"{what}: {', '.join(faults)}: {done.err[:300]!r}")


def with_value(place, value):
    """GOOD with another value at a place like `courses[0].cap`; an index past the end appends."""
    changed = copy.deepcopy(GOOD)
    steps = [int(step) if step.isdigit() else step
             for step in place.replace("[", ".").replace("]", "").split(".")]
    node = changed
    for step in steps[:-1]:
        if isinstance(step, int) and step == len(node):
            node.append(copy.deepcopy(node[-1]))
        node = node[step]
    if value is None:
        del node[steps[-1]]
    else:
        node[steps[-1]] = value
    return changed


def facts(path):
    """What would show that a file was replaced or written to; None where there is none."""
    if not os.path.lexists(path):
        return None
    found = os.lstat(path)
    return found.st_ino, found.st_mode, found.st_size, found.st_mtime_ns


def check_instances(tally, folder):
    out, old = folder / "old.json", b'{"algorithm":"an old result"}'

    def one(what, content, *words, seed="00", rule="stable"):
        path = dump(folder / "in.json", content)
        dump(out, old)
        done = draw(path, rule, seed, more=["--out", out])
        refused(tally, what, done, f"{path}: ", *words)
        left = sorted(os.listdir(folder))
        tally.check(out.read_bytes() == old and left == ["in.json", "old.json"],
                    f"{what}: something was written: {left}")

    tally.check(draw(dump(folder / "in.json", GOOD), "stable").status == 0, "the good instance")
    for place, values, code in WRONG_VALUES:
        for value in values:
            one(f"{place} = {value!r}", with_value(place, value), place, code or "")
    for before, after in SYNTAX:
        data = to_bytes(before or "") + to_bytes(after)
        one(f"syntax {data[:90]!r}", data, "json.syntax", line_and_column(before))
    for text, place in TWICE:
        one(f"twice {place}", to_bytes(text), "json.duplicate_member", f" {place} stands")
    no_lottery = with_value("students[1].lottery", None)
    one("no lottery", no_lottery, "draw.no_lottery", "lottery", "李四", seed=None)
    mixed = with_value("students[0].prio.合唱", 0)
    for rule in ("draft", "serial"):
        one(f"mixed classes under {rule}", mixed, "draw.mixed_classes", "张三", rule=rule)
    one("prio under welfare", GOOD, "draw.has_priorities", rule="welfare")
    only_reserve = with_value("students[0].prio", None)
    one("reserve under welfare", only_reserve, "draw.has_priorities", rule="welfare")
    path = dump(folder / "in.json", mixed)
    for rule in RULES:
        tally.check(draw(path, rule, ignore_prio=True).status == 0, f"--ignore-prio under {rule}")


def check_arguments(tally, folder):
    path = dump(folder / "good.json", GOOD)
    result = dump(folder / "result.json", draw(path, "stable").out)
    receipt = dump(folder / "receipt.json", run("draw", "receipt", "--in", path, "--result", result,
                                                "--student", "张三").out)
    root = run("draw", "root", "--in", path).out.decode().strip()
    nowhere, both = folder / "no" / "file.json", ["--in", path, "--result", result]

    for words in ([], ["draw"], *(["draw", name] for name in (
            "verify", "explain", "receipt", "check-receipt", "root"))):
        done = run(*words, "--help")
        tally.check(done.status == 0 and b"--help" in done.out and not done.err,
                    f"{' '.join(words)} --help")
    for words in ([], ["nonsense"], ["draw"], ["draw", "--in", path], ["draw", "--rule", "stable"],
                  ["draw", "--in", path, "--rule", "stable", "--nonsense"],
                  ["draw", "--in", path, "--rule", "stable", "--threads", "0"],
                  ["draw", "--in", path, "--rule", "stable", "--threads", "x"],
                  ["draw", "verify", "--in", path], ["draw", "verify", "--result", result],
                  ["draw", "explain", *both], ["draw", "receipt", *both], ["draw", "root"],
                  ["draw", "check-receipt", receipt], ["draw", "check-receipt", "--root", root]):
        refused(tally, f"arguments {words}", run(*words))
    # What is read is never written over, by whatever path it is reached.
    before = path.read_bytes()
    (folder / "link.json").symlink_to(path)
    os.link(path, folder / "hard.json")
    for given, out in ((path, path), (path, folder / "." / "good.json"), (path, folder / "link.json"),
                       (folder / "hard.json", path)):
        refused(tally, f"--out {out.name} of {given.name}",
                draw(given, "stable", more=["--out", out]), "app.same_file")
        tally.check(given.read_bytes() == before, f"{given.name} is as it was")
    # What is there stays, but for a result and for a file with nothing in it.
    for what, code in (("other.txt", "app.not_replaced"),
                       ("loose", "app.no_plain_file"), ("pipe", "app.no_plain_file"), ("guarded.json", "app.not_replaced"),
                       ("store/key", "app.file_of_store"), ("store/../store/store.db-wal", "app.file_of_store")):
        out = folder / what
        out.parent.mkdir(exist_ok=True)
        if out.parent.name == "store":
            (folder / "store" / "store.db").touch()
        elif what == "loose":
            out.symlink_to(folder / "nothing")
        elif what == "pipe":
            os.mkfifo(out)
        else:
            out.write_bytes(result.read_bytes() if what == "guarded.json" else b"mine")
            out.chmod(0o444 if what == "guarded.json" else 0o644)
        before = facts(out)
        refused(tally, f"--out {what}", draw(path, "stable", more=["--out", out]), code)
        refused(tally, f"openapi --out {what}", run("openapi", "--out", out), code)
        tally.check(facts(out) == before, f"{what} is as it was")
    (folder / "again.json").touch()
    for again in range(2):
        done = draw(path, "stable", more=["--out", folder / "again.json"])
        tally.check(done.status == 0, f"a result is written, and written again ({again}): {done.err}")
        tally.check(not list(folder.glob("again.json.*")), "nothing is left beside it")
    for rule in ("", "nonsense", "Stable", "stable "):
        refused(tally, f"rule {rule!r}", draw(path, rule), "--rule")
    for seed in ("", "a", "abc", "xy", " aa", "aa ", "0x00", "ａａ", "aa\n", "a" * 1026):
        refused(tally, f"seed {seed[:9]!r}", draw(path, "stable", seed), "--seed")
    for bad, what in ((nowhere, "a missing file"), (folder, "a folder")):
        refused(tally, f"{what} as --in", draw(bad, "stable"), bad)
        refused(tally, f"{what} as --in of root", run("draw", "root", "--in", bad), bad)
        for command in ("verify", "explain", "receipt"):
            student = [] if command == "verify" else ["--student", "张三"]
            refused(tally, f"{what} as --in of {command}",
                    run("draw", command, "--in", bad, "--result", result, *student), bad)
            refused(tally, f"{what} as --result of {command}",
                    run("draw", command, "--in", path, "--result", bad, *student), bad)
        refused(tally, f"{what} as receipt", run("draw", "check-receipt", bad, "--root", root), bad)
        # Where no file can be made it is not a fault of the input.
        refused(tally, f"{what} as --out", draw(path, "stable", more=["--out", bad]), bad,
                status=2 if bad is folder else 1)
    for name in ("", "赵六", "张三 "):
        for command in ("explain", "receipt"):
            refused(tally, f"{command} of unknown student {name!r}",
                    run("draw", command, *both, "--student", name), path)
    for bad_root in (root[:-1], root[:-1] + "x", root + "00"):
        refused(tally, f"outcome {bad_root[:9]!r}", run(
            "draw", "check-receipt", receipt, "--root", root, "--outcome", bad_root), "--outcome")
    for bad_root in ("", root[:-1], root[:-1] + "x", root + "00"):
        refused(tally, f"root {bad_root[:9]!r}",
                run("draw", "check-receipt", receipt, "--root", bad_root), "--root")
    seeded = dump(folder / "seeded.json", draw(path, "stable", "ab").out)
    with_seed = dump(folder / "receipt2.json", run(
        "draw", "receipt", "--in", path, "--result", seeded, "--student", "张三").out)
    refused(tally, "check-receipt with a bad seed",
            run("draw", "check-receipt", with_seed, "--root", root, "--seed", "xy"), "--seed")


def without_each_member(document):
    """The document without, and with a wrong type of, each member of its top object."""
    for name in document:
        yield f"without {name}", {key: value for key, value in document.items() if key != name}
        for wrong in (1.5, {"x": 1}, ["x", 1], "x", True):
            if type(wrong) is not type(document[name]):
                yield f"{name} = {wrong!r}", {**document, name: wrong}


def check_junk(tally, folder, rng):
    """Files that are no result or receipt: refused or not verified, never a crash."""
    path = dump(folder / "good.json", GOOD)
    junk = [b"", b"{}", b"[]", b"null", b"1", b'"x"', b"\xff\xfe", b"{" * 10_000, b"[" * 100_000,
            bytes(rng.randrange(256) for _ in range(2000)), to_bytes(canonical(GOOD))]

    def one(what, content, command, *more):
        bad = dump(folder / "bad.json", content)
        done = run("draw", command, *more, bad) if command == "check-receipt" else run(
            "draw", command, "--in", path, *more, "--result", bad)
        if command == "check-receipt" and done.status == 1:
            tally.check(done.out and not done.err, f"{command} {what}: {done.err[:200]!r}")
        else:
            refused(tally, f"{command} {what}", done, bad, status=1 if done.status == 1 else 2)

    root = run("draw", "root", "--in", path).out.decode().strip()
    student = ["--student", "张三"]
    for rule, options in (("stable", []), ("welfare", ["--ignore-prio"])):
        text = draw(path, rule, random_seed(rng), more=options).out
        result = json.loads(text)
        cases = [(f"junk {data[:20]!r}", data) for data in junk]
        cases += [(f"cut at {cut}", text[:cut]) for cut in range(0, len(text) - 1, 97)]
        cases += without_each_member(result)
        for what, content in cases:
            one(f"{rule} {what}", content, "verify")
        for what, content in cases[::7]:
            one(f"{rule} {what}", content, "explain", *student)
            one(f"{rule} {what}", content, "receipt", *student)
        # A result of another instance: other ids, and the same ids with other wishes.
        for place, value in (("students[1].id", "王五"), ("students[1].prefs", [])):
            foreign = draw(dump(folder / "other.json", with_value(place, value)), rule, "00",
                           more=options).out
            one(f"{rule} of another instance", foreign, "verify")
        seed = ["--seed", result["seed"]]
        receipt = run("draw", "receipt", "--in", path, "--result",
                      dump(folder / "result.json", text), *student).out
        cases = [(f"junk {data[:20]!r}", data) for data in junk]
        cases += [(f"cut at {cut}", receipt[:cut]) for cut in range(0, len(receipt) - 1, 97)]
        cases += without_each_member(json.loads(receipt))
        for what, content in cases:
            one(f"{rule} receipt {what}", content, "check-receipt", "--root", root, *seed)


def checks(tally, rng):
    for check in (check_instances, check_arguments):
        with scratch() as folder:
            check(tally, folder)
    with scratch() as folder:
        check_junk(tally, folder, rng)
