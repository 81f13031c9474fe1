"""What the rules promise: reference numbers, constraints, stability, order, and explanations."""
import copy
import itertools
import json
import random
import re

from common import (COURSES, RULES, algorithm_of, canonical, draw, dump, load, one_line, parallel,
                    run, scratch)
from draw_instances import UNSTABLE, instances, many_minima, school, seed_for
from model import Market

# Proved by two exact solvers, or of the definition alone; origin in the data's own README.
REFERENCES = [
    ("agh2003-uni", "welfare", {"seated": 146, "total_rank": 347}),
    ("agh2003-first60", "welfare", {"seated": 96, "total_rank": 104}),
    ("agh2003-multi60", "welfare", {"seated": 265, "total_rank": 490}),
    ("agh2003-multi60", "stable", {"seated": 265, "total_rank": 544, "blocking_pairs": 0,
                                   "with_nothing": 56}),
    ("agh2003-multi60", "draft", {"with_nothing": 0}),
    ("agh2003-multi60slot", "welfare", {"seated": 249, "total_rank": 448}),
    ("agh2003-multi60slot", "stable", {"seated": 246, "total_rank": 598, "blocking_pairs": 0}),
    ("agh2003-uni-prio", "stable", {"seated": 146, "total_rank": 425, "blocking_pairs": 0}),
    ("agh2003-multi60slot-prio", "stable", {"seated": 248, "total_rank": 638, "blocking_pairs": 0,
                                            "with_nothing": 0}),
    ("agh2003-uni-min", "welfare", {"seated": 146, "total_rank": 353}),
    ("umass24", "welfare", {"seated": 2485, "total_utility": 16879}),
    ("umass24-c30", "welfare", {"seated": 2101, "total_utility": 15022}),
    ("umass24-c30", "serial", {"seated": 2075, "with_nothing": 63}),
]


def check_references(tally, _):
    if not COURSES.exists():
        tally.skip(len(REFERENCES), f"no {COURSES.parent.parent.name}/{COURSES.parent.name} here")
        return
    with scratch() as folder:
        for name, rule, wanted in REFERENCES:
            path = COURSES / f"{name}.json"
            done = draw(path, rule)
            stats = done.json()["stats"] if done.status == 0 else done.err
            got = {key: stats[key] for key in wanted} if done.status == 0 else stats
            tally.check(got == wanted, f"{name} {rule}: {got}, not {wanted}")
            result = dump(folder / "result.json", done.out)
            verified = run("draw", "verify", "--in", path, "--result", result)
            tally.check(verified.status == 0, f"{name} {rule}: verify: {verified.err.strip()}")
            if rule == "welfare":
                gaps = [part["gap"] for part in done.json()["certificate"]["components"]]
                tally.check(not any(gaps), f"{name}: a gap is left: {gaps}")


# --- 500 random instances under every rule ---

def result_faults(market, rule, done):
    """What is wrong with a result, by the definition."""
    result = done.json()
    assignment = result["assignment"]
    faults = market.broken(assignment)
    if faults:
        return faults
    stats = market.stats(assignment)
    aside = []  # opened again for those with nothing alone
    if rule != "welfare":
        aside = [j for j, cut in result["cutoffs"].items()
                 if isinstance(cut, dict) and "reopened" in cut]
        stats["reopened"] = result["stats"]["reopened"]
        faults += [f"{j!r} is said to have reopened" for j in stats["reopened"]
                   if not market.sections[j].get("min") or j in stats["closed"]]
        faults += [f"{j!r} stays closed, but those with nothing could hold it"
                   for j in stats["closed"] if market.could_reopen(j, assignment)]
    for name, wanted in (("stats", stats),
                         ("waiting", market.waiting(assignment)), ("rule", rule),
                         ("algorithm", algorithm_of(rule, market.ignore_prio)),
                         ("seed", market.seed), ("format", 1)):
        if result[name] != wanted:
            faults.append(f"{name} is {result[name]}, not {wanted}")
    if done.out != (canonical(result) + "\n").encode("utf8"):
        faults.append("not canonical JSON and one newline")
    if rule != "welfare":
        wanted, _, reopened = market.drawn(rule)
        if (wanted, reopened) != (assignment, stats["reopened"]):
            faults.append(f"{assignment}, {stats['reopened']}, not {wanted}, {reopened}")
    if rule == "stable" and all(map(market.conflicts_are_cliques, market.students)):
        faults += [f"{pair} blocks without overlapping times"
                   for pair in market.blocking_pairs(assignment) if pair[1] not in aside]
    return faults


def case_of(name, instance, folder):
    """Path and seed of an instance drawn with or without a seed, by chance."""
    seed = None if instance is UNSTABLE else seed_for(random.Random(name), instance)
    return dump(folder / f"{name}.json", instance), seed


def check_properties(tally, _):
    with scratch() as folder:
        def faults_of(named):
            path, seed = case_of(*named, folder)
            faults = []
            for rule, ignores in itertools.product(RULES, (False, True)):
                market = Market(named[1], seed, ignores)
                done = draw(path, rule, seed, ignores)
                if not market.allows(rule):
                    found = [] if done.status == 2 else ["should be refused"]
                elif done.status != 0:
                    found = [f"exit {done.status}: {done.err.strip()}"]
                else:
                    found = result_faults(market, rule, done)
                faults += [f"{rule}{' --ignore-prio' * ignores}, seed {seed}: {fault}"
                           for fault in found]
            return named, faults

        for (name, instance), faults in parallel(faults_of, itertools.chain(
                instances("rules", 500, 10, 7),
                instances("minima", 400, 14, 6, min=True, times=False))):
            tally.check_all(faults, f"properties {name}", instance)


# --- the order of the input, threads, spelling of the seed ---

def shuffled(rng, instance):
    """The same instance in another order of everything that has none."""
    def members(row):
        names = rng.sample(list(row), len(row))
        return {name: members(row[name]) if isinstance(row[name], dict) else row[name]
                for name in names}

    other = copy.deepcopy(instance)
    for rows in (rows for rows in other.values() if isinstance(rows, list)):
        rng.shuffle(rows)
    for course in other["courses"]:
        for field in ("days", "reserve"):
            if course.get(field):
                rng.shuffle(course[field])
    return members({name: [members(row) for row in rows] if isinstance(rows, list) else rows
                    for name, rows in other.items()})


def check_determinism(tally, rng):
    def without_hash(done):
        return re.sub(rb'"instance_sha256":"[0-9a-f]{64}"', b"", done.out)

    with scratch() as folder:
        made = [*instances("order", 60, 12, 8), ("school", school(rng, 300, 20, 5, 3))]
        made += [(path.stem, load(path)) for path in sorted(COURSES.glob("agh2003-*slot*.json"))]
        for name, instance in made:
            path, seed = case_of(name, instance, folder)
            other = folder / "other.json"
            other.write_text(json.dumps(shuffled(rng, instance), indent=1), encoding="utf8")
            roots = [run("draw", "root", "--in", file).out for file in (path, other)]
            tally.check(roots[0] == roots[1] and len(roots[0]) == 65, f"{name}: root by order")
            for rule in RULES:
                ignores = Market.as_taken(instance, seed, rule).ignore_prio
                first = draw(path, rule, seed, ignores)
                again = draw(other, rule, seed, ignores)
                tally.check(without_hash(first) == without_hash(again) and first.status == 0,
                            f"{name} {rule}: the order of the input matters")
                for threads in ("1", "2", "7") if rule == "welfare" else ():
                    done = draw(path, rule, seed, ignores, more=["--threads", threads])
                    tally.check(done.out == first.out, f"{name}: --threads {threads} matters")
                if seed is not None:
                    done = draw(path, rule, seed.upper(), ignores)
                    tally.check(done.out == first.out, f"{name} {rule}: upper-case seed matters")


# --- who is drawn earlier ---

def check_serial_order(tally, rng):
    """Under `serial` nobody's wishes change what those drawn earlier get.

    By the definition this holds with quotas, conflicts, groups, siblings and one class per student,
    as long as the class stays the same. It need not hold with `reserve` (what is left free is given
    out in a second pass, to those drawn earlier first) or `min` (a section is closed for all).
    """
    with scratch() as folder:
        def faults_of(named):
            name, instance = named
            path, seed = case_of(name, instance, folder)
            chance = random.Random(name)
            before = draw(path, "serial", seed).json()["assignment"]
            changed = copy.deepcopy(instance)
            student = chance.choice(changed["students"])
            own = max(student.get("prio", {}).values(), default=0) if student["prefs"] else 0
            every = [course["id"] for course in changed["courses"]]
            student["prefs"] = chance.sample(every, chance.randint(1, len(every)))
            student["prio"] = {section: own for section in student["prefs"]}
            after = draw(dump(folder / f"{name}-2.json", changed), "serial", seed)
            if after.status != 0:
                return named, [after.err]
            market = Market(changed, seed)

            def place(other):
                wishes = market.prefs(other)
                return (-market.class_of(other, wishes[0]) if wishes else 0,
                        market.position[other])

            return named, [f"{other!r}, drawn before {student['id']!r}, got something else"
                           for other in market.students if place(other) < place(student["id"])
                           and after.json()["assignment"][other] != before[other]]

        for prio in (None, "student"):
            made = instances(f"earlier-{prio}", 100, 10, 6, reserve=False, min=False, prio=prio)
            for (name, instance), faults in parallel(faults_of, made):
                tally.check_all(faults, f"serial {name}", instance)


def check_draft_backwards(tally, _):
    """Six sections of one seat, three students with the same list: a b c, then c b a."""
    names = "123456"
    instance = {"courses": [{"id": name, "cap": 1} for name in names],
                "students": [{"id": student, "quota": 2, "lottery": place, "prefs": list(names)}
                             for place, student in enumerate("abc")]}
    with scratch() as folder:
        path = dump(folder / "in.json", instance)
        got = draw(path, "draft").json()["assignment"]
        wanted = {"a": ["1", "6"], "b": ["2", "5"], "c": ["3", "4"]}
        tally.check(got == wanted, f"draft goes backwards in even rounds: {got}")
        got = draw(path, "serial").json()["assignment"]
        wanted = {"a": ["1", "2"], "b": ["3", "4"], "c": ["5", "6"]}
        tally.check(got == wanted, f"serial takes all at once: {got}")


# --- explain ---

MARKS = [" (last admitted)", " (last admitted of the group)", " (last turn open to this class)"]


def last_named(market, result, filled_by, student, section):
    """Whom an explanation must name for a section that this student did not get, and as what."""
    cut, rule = result["cutoffs"][section], result["rule"]
    held = result["assignment"]
    section_full = len(market.holders(held, section)) >= market.sections[section]["cap"]
    if rule == "welfare" or cut == "closed":
        return []
    if rule != "stable" and not (isinstance(cut, dict) and "reopened" in cut):
        if any(map(market.reserves, market.gate(section))):
            last = filled_by.get((section, market.class_of(student, section)))
            mark = 2
        else:  # one turn, whose ever it was
            last = next((s for (j, _), s in filled_by.items() if j == section), None)
            mark = 0 if section_full else 1
        return [] if last is None else [one_line(last) + MARKS[mark]]

    def worst(sections, mark):
        wishes = [(s, j) for j in sections for s in market.holders(held, j)]
        return [one_line(max(wishes, key=lambda w: market.key(*w))[0]) + mark] if wishes else []

    group_full = rule == "stable" and not section_full and sum(
        len(market.holders(held, j)) for j in market.gate(section)) >= market.group_cap(section)
    return worst([section], MARKS[0]) + (worst(market.gate(section), MARKS[1]) if group_full else [])


def why_closed(market, section):
    """What must be said of a section that `welfare` leaves closed."""
    facts = market.sections[section]
    if sum(section in market.prefs(s) for s in market.students) < facts["min"]:
        return "(closed: fewer wish it than its minimum)"
    if facts["min"] > min(facts["cap"], market.group_cap(section)):
        return "(closed: fewer seats than its minimum)"
    return "(closed in the assignment as a whole)"


def explanation_faults(market, result, student, done, filled_by):
    if done.status != 0:
        return [f"exit {done.status}: {done.err}"]
    faults = []
    held = result["assignment"][student]
    closed = result["stats"]["closed"]
    lines = done.out.decode("utf8").splitlines()[1:]
    wishes = market.prefs(student)
    if len(lines) != max(1, len(wishes)):
        return [f"{len(lines)} lines for {len(wishes)} wishes"]
    blocking = market.blocking_pairs(result["assignment"])
    for place, (line, section) in enumerate(zip(lines, wishes), 1):
        if not line.startswith(f"{place}. {one_line(section)}: "):
            faults.append(f"line {line!r} is not about wish {place}, {section!r}")
        elif (section in held) != ("(granted)" in line) or (
                (section in closed) != ("(closed" in line)):
            faults.append(f"wrong outcome: {line!r}")
        elif section not in held and section not in closed:
            named = last_named(market, result, filled_by, student, section)
            if sum(map(line.count, MARKS)) != len(named) or any(f" {one}" not in line for one in named):
                faults.append(f"not {named}: {line!r}")
            in_gate = sum(len(market.holders(result["assignment"], j))
                          for j in market.gate(section))
            is_full = (len(market.holders(result["assignment"], section))
                       >= market.sections[section]["cap"]
                       or in_gate >= market.group_cap(section))
            if ("(full" in line or "group is full" in line) and not is_full:
                faults.append(f"said to be full, but is not: {line!r}")
            if result["rule"] == "stable" and ("(a blocking pair" in line) != (
                    (student, section) in blocking):
                faults.append(f"blocking pair or not: {line!r}")
        elif section in closed and result["rule"] == "welfare":
            if why_closed(market, section) not in line:
                faults.append(f"closed for another reason: {line!r}")
    return faults


def check_explain(tally, _):
    with scratch() as folder:
        def faults_of(named):
            name, instance = named
            path, seed = case_of(name, instance, folder)
            result = folder / f"{name}.out.json"
            faults = []
            for rule in RULES:
                market = Market(instance, seed)
                if not market.allows(rule):
                    continue
                drawn = draw(dump(path, instance), rule, seed)
                in_turns = rule in ("draft", "serial")
                filled_by = market.drawn(rule)[1] if in_turns else {}
                for student in market.students:
                    done = run("draw", "explain", "--in", path, "--result",
                               dump(result, drawn.out), "--student", student)
                    found = explanation_faults(market, drawn.json(), student, done, filled_by)
                    faults += [f"{rule}, seed {seed}, {student!r}: {fault}" for fault in found]
            return named, faults

        made = [("unstable", UNSTABLE), *instances("explain", 60, 8, 6),
                *instances("explain-times", 60, 8, 6, times=True),
                *instances("explain-groups", 60, 8, 6, groups=True),
                *instances("explain-min", 60, 8, 6, min=True, prio=None, reserve=False)]
        for (name, instance), faults in parallel(faults_of, made):
            tally.check_all(faults, f"explain {name}", instance)


# Seed, students, sections, wishes, seats: of growing difficulty. The first are proved optimal.
PUZZLES = [(79, 20, 14, 6, 4), (1, 50, 60, 6, 5), (1, 60, 60, 3, 3), (0, 36, 36, 8, 6),
           (0, 50, 40, 8, 6)]
PROVED = 3


def check_long_proofs(tally, _):
    """However long a proof, it verifies, and the gap it leaves is less than there are seats."""
    with scratch() as folder:
        def faults_of(numbered):
            number, (seed, students, *size) = numbered
            instance = many_minima(random.Random(seed), students, *size)
            path = dump(folder / f"{number}.json", instance)
            done = draw(path, "welfare", "aa")
            if done.status != 0:
                return [f"exit {done.status}: {done.err.strip()}"]
            verified = run("draw", "verify", "--in", path, "--result",
                           dump(folder / f"{number}.out.json", done.out))
            faults = [verified.err.strip()] if verified.status != 0 else []
            gaps = [part["gap"] for part in done.json()["certificate"]["components"]]
            return faults + [f"a gap of {gap} is left" for gap in gaps
                             if gap and (number < PROVED or gap["seats"] > students)]

        for size, faults in zip(PUZZLES, parallel(faults_of, enumerate(PUZZLES))):
            tally.check_all(faults, f"long proof {size}")


def checks(tally, rng):
    for check in (check_references, check_properties, check_long_proofs, check_determinism,
                  check_serial_order, check_draft_backwards, check_explain):
        check(tally, rng)
