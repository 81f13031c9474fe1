"""`draw verify` accepts what `draw` wrote and nothing else."""
import copy
import hashlib
import itertools
import json
import random

from common import RULES, algorithm_of, canonical, compact, draw, dump, parallel, run, scratch
from draw_instances import instances, seed_for
from model import Market

CASES = 12  # instances, each under every rule that takes it


def as_bytes(result):
    return (canonical(result) + "\n").encode("utf8")


def other_assignments(market, assignment):
    """Every single-seat change: a seat dropped, a seat added, two students swapped."""
    def changed(*changes):
        new = {student: list(held) for student, held in assignment.items()}
        for student, without, extra in changes:
            held = (set(new[student]) - {without}) | ({extra} - {None})
            new[student] = [j for j in market.prefs(student) if j in held]
        return new

    for student, held in assignment.items():
        for section in held:
            yield f"drop {student!r} from {section!r}", changed((student, section, None))
        for section in market.prefs(student):
            if section not in held:
                yield f"add {student!r} to {section!r}", changed((student, None, section))
    for one, other in itertools.combinations(assignment, 2):
        for a, b in itertools.product(assignment[one] or [None], assignment[other] or [None]):
            new = changed((one, a, b), (other, b, a))
            if new != assignment:
                yield f"swap {one!r} {a!r} with {other!r} {b!r}", new


def with_assignment(result, market, assignment):
    """As little as possible and as much as possible changed by the one who forges."""
    yield "", {**result, "assignment": assignment}
    yield " with statistics", {**result, "assignment": assignment,
                               "stats": market.stats(assignment),
                               "waiting": market.waiting(assignment)}


def numbers_in(value, path=()):
    """Paths to all numbers and texts in a JSON value."""
    if isinstance(value, (dict, list)):
        entries = value.items() if isinstance(value, dict) else enumerate(value)
        for key, entry in entries:
            yield from numbers_in(entry, (*path, key))
    elif value is not None and not isinstance(value, bool):
        yield path, value


def replaced(document, path, value):
    if not path:
        return value
    changed = copy.deepcopy(document)
    node = changed
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return changed


def changed_figures(result, parts):
    """Every number one up, one down and 0; every text other by one letter."""
    for part in parts:
        for path, value in numbers_in(result[part], (part,)):
            others = {value + 1, value - 1, 0} - {value} if isinstance(value, int) else {
                value[:-1] + ("0" if value[-1:] != "0" else "1")}
            for other in others:
                yield f"{'.'.join(map(str, path))} = {other!r}", replaced(result, path, other)


def other_certificates(result):
    """Certificates changed as a whole, also with the hash made right again."""
    certificate = result["certificate"]
    parts = certificate["components"]
    variants = [("without components", parts[1:]), ("one component twice", parts[:1] + parts),
                ("components reversed", parts[::-1])]
    for number, part in enumerate(parts):
        for name, change in (("another unit", {"unit": part["unit"] + 1}),
                             ("unit 0", {"unit": 0}),
                             ("a gap", {"gap": {"seats": 0, "unit": 0}})):
            variants.append((name, [*parts[:number], {**part, **change}, *parts[number + 1:]]))
    for name, changed in variants:
        if changed == parts:
            continue
        new = {"components": changed, "format": 1}
        right = hashlib.sha256(canonical(new).encode("utf8")).hexdigest()
        for sha256 in (certificate["sha256"], right):
            yield name, {**result, "certificate": {**new, "sha256": sha256}}
    yield "no certificate", {**result, "certificate": None}


def other_texts(text, result):
    """The same or nearly the same content in other bytes, and other headers."""
    yield "without the final newline", text[:-1]
    yield "with two newlines", text + b"\n"
    yield "with a space", text.replace(b",", b", ", 1)
    yield "with a space before", b" " + text
    yield "with a byte order mark", b"\xef\xbb\xbf" + text
    yield "with a carriage return", text[:-1] + b"\r\n"
    yield "in another order", (compact(dict(reversed(result.items()))) + "\n").encode("utf8")
    yield "with a field more", as_bytes({**result, "zzz": 1})
    yield "with a field twice", text.replace(b'"format":1', b'"format":1,"format":1')
    yield "with 1.0 for 1", text.replace(b'"format":1', b'"format":1.0')
    yield "with an escape more", text.replace(b'"rule"', b'"\\u0072ule"')
    for algorithm in ("stable-3", "welfare-2", result["algorithm"] + "+", "", result["rule"]):
        yield f"algorithm {algorithm}", as_bytes({**result, "algorithm": algorithm})
    for seed in ((result["seed"] or "ab").upper(), "", "xy", 1):
        yield f"seed {seed!r}", as_bytes({**result, "seed": seed})
    for rule in {*RULES, "nonsense"} - {result["rule"]}:
        yield f"rule {rule}", as_bytes({**result, "rule": rule})
    yield "another instance_sha256", as_bytes({**result, "instance_sha256": "0" * 64})
    yield "format 2", as_bytes({**result, "format": 2})


# Byte order mark, a member twice, a rule or seed that cannot be: these are no result files.
NO_RESULT_FILE = {"with a byte order mark", "with a field twice", "rule nonsense", "seed ''",
                  "seed 'xy'", "seed 1"}


def strange_assignments(result):
    """Students, sections and shapes that the instance does not have."""
    seats = result["assignment"]
    yield "ghost", {**seats, "ghost": []}
    for student, held in seats.items():
        yield "an unknown section", {**seats, student: [*held, "nowhere"]}
        yield "no text as section", {**seats, student: [*held, 1]}
        yield "a student less", {s: j for s, j in seats.items() if s != student}
        if held:
            yield "a seat twice", {**seats, student: [held[0], *held]}


def other_draws(result):
    """The same seats said to be of another draw: right only if that draw gives just this."""
    rule, seed, ignores = result["rule"], result["seed"], "+ignore-prio" in result["algorithm"]
    for other in {None, "00", (seed or "") + "00"} - {seed}:
        yield rule, other, ignores
    for other in set(RULES) - {rule}:
        yield other, seed, ignores
    yield rule, seed, not ignores


def same_draw(done, claimed):
    """Whether a draw gave this result, but for the certificate: an optimum has many."""
    if done.status != 0:
        return False
    drawn, said = done.json(), json.loads(claimed)
    return {**drawn, "certificate": said["certificate"]} == said


def forgeries(market, text, result):
    for what, assignment in other_assignments(market, result["assignment"]):
        for more, forged in with_assignment(result, market, assignment):
            yield what + more, as_bytes(forged)
    for what, assignment in strange_assignments(result):
        yield what, as_bytes({**result, "assignment": assignment})
    parts = ["stats", "waiting", "cutoffs"]
    if result["rule"] == "welfare":
        parts.append("certificate")
        for what, forged in other_certificates(result):
            yield what, as_bytes(forged)
    for what, forged in changed_figures(result, parts):
        yield what, as_bytes(forged)
    yield from other_texts(text, result)


def check_instance(numbered):
    """(what, accepted) of every forgery of one instance under every rule."""
    (name, instance), rng = numbered
    found = []
    with scratch() as folder:
        path = dump(folder / "in.json", instance)
        seed = seed_for(rng, instance)
        for rule in RULES:
            market = Market.as_taken(instance, seed, rule)
            done = draw(path, rule, seed, market.ignore_prio)
            out = folder / "result.json"
            if run("draw", "verify", "--in", path, "--result", dump(out, done.out)).status != 0:
                found.append((f"{name} {rule}: the true result", False))
            result = done.json()
            for what, forged in forgeries(market, done.out, result):
                if forged == done.out:
                    continue
                status = run("draw", "verify", "--in", path, "--result", dump(out, forged)).status
                # 2 only for what is no result file.
                allowed = (2,) if what in NO_RESULT_FILE else (1,)
                found.append((f"{name} {rule}: {what}: exit {status}", status in allowed))
            for other, new_seed, ignores in other_draws(result):
                algorithm = algorithm_of(other, ignores)
                claimed = as_bytes({**result, "rule": other, "algorithm": algorithm,
                                    "seed": new_seed})
                status = run("draw", "verify", "--in", path, "--result", dump(out, claimed)).status
                drawn = draw(path, other, new_seed, ignores)
                good = same_draw(drawn, claimed) if status == 0 else drawn.out != claimed
                found.append((f"{name} {rule}: said to be {algorithm} of seed {new_seed}: "
                              f"exit {status}", good and status in (0, 1, 2)))
    return found


def checks(tally, rng):
    made = instances("verify", CASES, 5, 4)
    for found in parallel(check_instance, ((one, random.Random(rng.random())) for one in made)):
        for what, good in found:
            tally.check(good, what)
