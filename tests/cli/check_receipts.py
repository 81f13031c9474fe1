"""Receipts: every family's verifies alone, with what was published, and no changed one does."""
import random

from check_verify import numbers_in as leaves_of, replaced
from common import RULES, algorithm_of, draw, dump, parallel, run, scratch
from draw_instances import UNSTABLE, instances, seed_for
from model import Market

CASES = 24
# Seats of a group used up by the family itself, in either order.
OWN_LAST_SEAT = {"courses": [{"id": name, "cap": 1, "group": "G"} for name in "jk"],
                 "groups": [{"id": "G", "cap": 1}],
                 "students": [{"id": "s", "quota": 2, "lottery": 1, "prefs": ["k", "j"]},
                              {"id": "t", "quota": 2, "lottery": 2, "prefs": ["j", "k"]}]}
HAND_MADE = {"own-last-seat": OWN_LAST_SEAT, "unstable": UNSTABLE}


def changed_leaves(receipt, market, student):
    """Receipts with other wishes or other facts: the path no longer leads to the root."""
    leaf, prefs = receipt["leaf"], receipt["leaf"]["prefs"]
    if len(prefs) > 1:
        yield "wishes reversed", {**receipt, "leaf": {**leaf, "prefs": prefs[::-1]},
                                  "sections": receipt["sections"][::-1]}
    if prefs:
        yield "a wish less", {**receipt, "leaf": {**leaf, "prefs": prefs[:-1]},
                              "sections": receipt["sections"][:-1]}
    for change in ({"quota": leaf["quota"] + 1}, {"student": student + "x"}, {"token": "other"},
                   {"prio": {section: 4 for section in prefs} or {"x": 4}}, {"more": 1}):
        yield f"leaf with {change}", {**receipt, "leaf": {**leaf, **change}}
    for number, part in enumerate(receipt["sections"]):
        for change in ({"cap": part["leaf"]["cap"] + 1}, {"slot": "other"}, {"min": 99}):
            sections = list(receipt["sections"])
            sections[number] = {**part, "leaf": {**part["leaf"], **change}}
            yield f"section with {change}", {**receipt, "sections": sections}
    for field, step in (("index", 1), ("index", -1), ("size", 1), ("size", -1)):
        if field == "size" and len(receipt["path"]) > 0 and receipt["size"] + step > 0:
            continue  # another size may give the same path; `index` decides
        yield f"{field} {step:+}", {**receipt, field: receipt[field] + step}
    if receipt["path"]:
        yield "a shorter path", {**receipt, "path": receipt["path"][:-1]}
        yield "another path", {**receipt, "path": ["00" * 32, *receipt["path"][1:]]}
    yield "a longer path", {**receipt, "path": [*receipt["path"], "00" * 32]}


def changed_results(receipt, market, student):
    """Receipts with another result, or with cut-offs that would give another one."""
    held, cutoffs = receipt["assignment"], receipt["cutoffs"]
    for section in market.prefs(student):
        other = [j for j in market.prefs(student) if (j in held) != (j == section)]
        yield f"assignment {other}", {**receipt, "assignment": other}
        for cutoff in ("closed", "full", None, {"reopened": 1}):
            if cutoffs[section] != cutoff:
                yield f"{section!r} {cutoff}", {**receipt, "cutoffs": {**cutoffs, section: cutoff}}
        yield f"no cut-off of {section!r}", {**receipt, "cutoffs": {
            j: cutoff for j, cutoff in cutoffs.items() if j != section}}
    if held or any(cutoff != "closed" for cutoff in cutoffs.values()):
        yield "nothing, all closed", {**receipt, "assignment": [],
                                      "cutoffs": dict.fromkeys(cutoffs, "closed")}
    number = receipt["number"]
    yield "another number", {**receipt, "number": number + 1 if isinstance(number, int) else
                             "0" * 64}
    for rule in (*RULES, "nonsense"):
        if rule != receipt["rule"]:
            yield f"rule {rule}", {**receipt, "rule": rule}
            yield f"rule and algorithm {rule}", {**receipt, "rule": rule,
                                                 "algorithm": algorithm_of(rule)}
    for algorithm in (receipt["algorithm"] + "+ignore-prio", receipt["rule"] + "-1",
                      receipt["rule"] + "-3", ""):
        if algorithm != receipt["algorithm"]:
            yield f"algorithm {algorithm}", {**receipt, "algorithm": algorithm}


def changed_figures(receipt):
    """Every number, text and flag of the receipt changed, every member left out or doubled."""
    for path, value in leaves_of(receipt):
        others = {value + 1, value - 1, 0, 1_000_000} - {value} if isinstance(value, int) else {
            value[:-1] + ("0" if value[-1:] != "0" else "1")}
        for other in others:
            yield f"{'.'.join(map(str, path))} = {other!r}", replaced(receipt, path, other)
    for place in ((), ("outcome",), ("outcome", "head"), ("outcome", "student")):
        node = receipt
        for step in place:
            node = node[step]
        for name in node:
            less = {key: value for key, value in node.items() if key != name}
            yield f"{place} without {name}", replaced(receipt, place, less)
        yield f"{place} with more", replaced(receipt, place, {**node, "more": 1})
    yield "format 1", {**receipt, "format": 1}
    points = receipt["outcome"]["points"]
    yield "points", replaced(receipt, ("outcome", "points"), not points)
    if receipt["seed"] is None:
        yield "a seed", {**receipt, "seed": "ab"}


def bundle_forgeries(receipt, market, student):
    """Under `welfare`: what an office would write that gives the child less."""
    if receipt["rule"] == "welfare":
        for section in receipt["prices"]:
            for name in ("price", "scale", "unit"):
                less = dict(receipt["prices"][section])
                del less[name]
                yield f"{section!r} without {name}", replaced(receipt, ("prices", section), less)
        yield "without prices", {**receipt, "prices": {}} if receipt["prices"] else {
            **receipt, "prices": {"x": 1}}


def check_receipt(path, root, seed, outcome=None):
    options = ["--seed", seed] if seed is not None else []
    options += ["--outcome", outcome] if outcome is not None else []
    return run("draw", "check-receipt", path, "--root", root, *options)


def other_hex(digits):
    return ("1" if digits[0] == "0" else "0") + digits[1:]


def check_instance(numbered):
    """(what, good) of all receipts of one instance."""
    (name, instance), rng = numbered
    found = []
    with scratch() as folder:
        path = dump(folder / "in.json", instance)
        result, file = folder / "result.json", folder / "receipt.json"
        root = run("draw", "root", "--in", path).out.decode().strip()
        found.append((f"{name}: root", root == Market(instance, "00").root()))
        for rule in RULES:
            seed = None if name in HAND_MADE else seed_for(rng, instance)
            market = Market.as_taken(instance, seed, rule)
            drawn = draw(path, rule, seed, market.ignore_prio)
            dump(result, drawn.out)
            # Overlapping times may leave pairs that the cut-offs do not explain (section 6).
            aside = [j for j, cut in drawn.json()["cutoffs"].items()
                     if isinstance(cut, dict) and "reopened" in cut]
            blocking = {s for s, j in market.blocking_pairs(drawn.json()["assignment"])
                        if rule == "stable" and j not in aside}
            outcome = run("draw", "root", "--in", path, "--result",
                          result).out.decode().strip()
            for student in (s for s in market.students if s not in blocking):
                what = f"{name} {rule} seed {seed} {student!r}"
                made = run("draw", "receipt", "--in", path, "--result", result,
                           "--student", student)
                dump(file, made.out)
                for published in (None, outcome):
                    good = check_receipt(file, root, seed, published).status == 0
                    found.append((f"{what}: verifies with outcome {published}", good))
                found.append((f"{what}: another root",
                              check_receipt(file, other_hex(root), seed).status == 1))
                found.append((f"{what}: another outcome", check_receipt(
                    file, root, seed, other_hex(outcome)).status == 1))
                for other in ({None, "abcd", (seed or "") + "00"} - {seed}):
                    found.append((f"{what}: published seed {other}",
                                  check_receipt(file, root, other).status in (1, 2)))
                receipt = made.json()
                # The root alone: the paths still lead to the published one.
                dump(file, {**receipt, "root": other_hex(root)})
                found.append((f"{what}: its root changed", check_receipt(
                    file, root, seed).status == 1))
                for kind in (changed_leaves, changed_results, bundle_forgeries,
                             lambda receipt, *_: changed_figures(receipt)):
                    changed = list(kind(receipt, market, student))
                    for which, forged in rng.sample(changed, min(4, len(changed))):
                        status = check_receipt(dump(file, forged), root, seed).status
                        found.append((f"{what}: {which}: exit {status}", status in (1, 2)))
    return found


def checks(tally, rng):
    made = [*HAND_MADE.items(), *instances("receipts", CASES, 8, 6),
            *instances("receipts-groups", CASES, 6, 4, groups=True)]
    for found in parallel(check_instance, ((one, random.Random(rng.random())) for one in made)):
        for what, good in found:
            tally.check(good, what)
