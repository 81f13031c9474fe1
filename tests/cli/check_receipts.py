"""Receipts: every family's verifies alone, with what was published, and no changed one does."""
import random

from common import draw, dump, parallel, run, scratch
from draw_instances import UNSTABLE, instances, seed_for
from model import Market

CASES = 24
# Seats of a group used up by the family itself, in either order.
OWN_LAST_SEAT = {"courses": [{"id": name, "cap": 1, "group": "G"} for name in "jk"],
                 "groups": [{"id": "G", "cap": 1}],
                 "students": [{"id": "s", "quota": 2, "lottery": 1, "prefs": ["k", "j"]},
                              {"id": "t", "quota": 2, "lottery": 2, "prefs": ["j", "k"]}]}
HAND_MADE = {"own-last-seat": OWN_LAST_SEAT, "unstable": UNSTABLE}
RULES = ("stable", "draft", "serial")


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


def believed(receipt, market, section):
    """Whether the receipt cannot show who was the last one into this group (section 6)."""
    cutoff = receipt["cutoffs"][section]
    return "group" in market.sections[section] and isinstance(cutoff, dict) and any(
        entry.get("position") == receipt["position"]
        for entry in (cutoff, *cutoff.get("classes", []), *cutoff.get("phases", [])))


def changed_results(receipt, market, student):
    """Receipts with another result, or with a cut-off that would give another one."""
    held, cutoffs = receipt["assignment"], receipt["cutoffs"]
    for section in market.prefs(student):
        if not believed(receipt, market, section):
            other = [j for j in market.prefs(student) if (j in held) != (j == section)]
            yield f"assignment {other}", {**receipt, "assignment": other}
        if section in held:
            yield f"{section!r} closed", {**receipt, "cutoffs": {**cutoffs, section: "closed"}}
        elif market.would_take(student, section, {student: held}):
            yield f"{section!r} open", {**receipt, "cutoffs": {**cutoffs, section: None}}
        yield f"no cut-off of {section!r}", {**receipt, "cutoffs": {
            j: cutoff for j, cutoff in cutoffs.items() if j != section}}
    number = receipt["number"]
    yield "another number", {**receipt, "number": number + 1 if isinstance(number, int) else
                             "0" * 64}
    for rule in (*RULES, "welfare", "nonsense"):
        if rule != receipt["rule"]:
            yield f"rule {rule}", {**receipt, "rule": rule}


def check_receipt(path, root, seed):
    options = ["--seed", seed] if seed is not None else []
    return run("draw", "check-receipt", path, "--root", root, *options)


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
            blocking = {s for s, _ in market.blocking_pairs(drawn.json()["assignment"])
                        if rule == "stable"}
            for student in (s for s in market.students if s not in blocking):
                what = f"{name} {rule} seed {seed} {student!r}"
                made = run("draw", "receipt", "--in", path, "--result", result,
                           "--student", student)
                dump(file, made.out)
                found.append((f"{what}: verifies", check_receipt(file, root, seed).status == 0))
                other_root = ("1" if root[0] == "0" else "0") + root[1:]
                found.append((f"{what}: another root",
                              check_receipt(file, other_root, seed).status == 1))
                for other in ({None, "abcd", (seed or "") + "00"} - {seed}):
                    found.append((f"{what}: published seed {other}",
                                  check_receipt(file, root, other).status in (1, 2)))
                receipt = made.json()
                for kind in (changed_leaves, changed_results):
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
