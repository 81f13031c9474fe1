"""The definition of the draw (docs/algorithms/draw.md) once more, slow and plain: the judge.

Of the rules `stable`, `draft` and `serial` are here; a `welfare` result is judged by its
properties. Assignments are {student: [sections]} as in result files.
"""
import hashlib
import itertools

from common import canonical


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


class Market:
    def __init__(self, instance, seed=None, ignore_prio=False):
        def given(row):  # null counts as absent
            return {key: value for key, value in row.items() if value is not None}

        def by_id(name):
            return {row["id"]: row for row in sorted(
                map(given, instance.get(name) or []), key=lambda row: row["id"])}

        self.sections, self.students, self.groups = map(by_id, ("courses", "students", "groups"))
        self.seed, self.ignore_prio = seed, ignore_prio
        self.has_util = any("util" in student for student in self.students.values())
        if seed is None:
            self.order = sorted(self.students, key=lambda s: (self.students[s]["lottery"], s))
        else:
            self.order = sorted(self.students, key=lambda s: (self.number(s), s))
        self.position = {student: i + 1 for i, student in enumerate(self.order)}
        self.pairs = {(a, b) for a, b in itertools.product(self.sections, repeat=2)
                      if a != b and self._overlap(self.sections[a], self.sections[b])}

    # What the instance says.

    def number(self, student):
        secret = self.students[student].get("token", student)
        return sha256(f"{self.seed}|{secret}".encode()).hex()

    @staticmethod
    def _overlap(a, b):
        if any(name in a and a[name] == b.get(name) for name in ("slot", "course")):
            return True
        days = set(a.get("days", [])) & set(b.get("days", []))
        return bool(days) and a["start"] < b["end"] and b["start"] < a["end"]

    def conflict(self, a, b):
        return (a, b) in self.pairs

    def prefs(self, student):
        return self.students[student]["prefs"]

    def rank(self, student, section):
        return self.prefs(student).index(section) + 1

    def quota(self, student):
        return self.students[student]["quota"]

    def class_of(self, student, section):
        return 0 if self.ignore_prio else self.students[student].get("prio", {}).get(section, 0)

    def points(self, student, section):
        return self.students[student].get("util", {}).get(section, 0)

    def key(self, student, section):
        return (-self.class_of(student, section), self.position[student])

    def reserves(self, section):
        if self.ignore_prio:
            return {}
        return {entry["class"]: entry["n"] for entry in self.sections[section].get("reserve", [])
                if entry["n"] > 0}

    def has_prio(self):
        return any(map(self.reserves, self.sections)) or any(
            self.class_of(s, j) for s in self.students for j in self.prefs(s))

    @classmethod
    def as_taken(cls, instance, seed, rule):
        """The market with its priorities, or without them where the rule does not take it so."""
        market = cls(instance, seed)
        return market if market.allows(rule) else cls(instance, seed, ignore_prio=True)

    def has_mixed_classes(self):
        return any(len({self.class_of(s, j) for j in self.prefs(s)}) > 1 for s in self.students)

    def allows(self, rule):
        """Whether the rule takes this instance."""
        if rule == "welfare":
            return not self.has_prio()
        return rule == "stable" or not self.has_mixed_classes()

    def tie(self, student, section):
        text = f"{self.seed or ''}|{student}|{section}"
        return int.from_bytes(sha256(text.encode())[:4], "big")

    def conflicts_are_cliques(self, student):
        wishes = self.prefs(student)
        return all(not (self.conflict(a, b) and self.conflict(b, c)) or self.conflict(a, c)
                   for a, b, c in itertools.permutations(wishes, 3))

    # What an assignment does.

    def holders(self, assignment, section):
        return [student for student in self.students if section in assignment[student]]

    def gate(self, section):
        """The sections that share a group with this one, itself among them."""
        group = self.sections[section].get("group")
        if group is None:
            return [section]
        return [j for j in self.sections if self.sections[j].get("group") == group]

    def group_cap(self, section):
        group = self.sections[section].get("group")
        return self.groups[group]["cap"] if group is not None else float("inf")

    def short(self, section, assignment):
        """How many are missing to `min`."""
        held = len(self.holders(assignment, section))
        return max(0, self.sections[section].get("min", 0) - held)

    def closed(self, assignment):
        return [j for j in self.sections
                if self.sections[j].get("min", 0) > 0 and not self.holders(assignment, j)]

    def broken(self, assignment):
        """What the assignment breaks, as sentences."""
        faults = []
        if sorted(assignment) != list(self.students):
            return ["it does not name exactly the students"]
        for student, held in assignment.items():
            if [j for j in self.prefs(student) if j in held] != held:
                faults.append(f"{student!r} holds {held}: not wished, or not in the list's order")
            if len(held) > self.quota(student):
                faults.append(f"{student!r} is above quota")
            if any(self.conflict(a, b) for a, b in itertools.combinations(held, 2)):
                faults.append(f"{student!r} holds sections that conflict")
        for section, facts in self.sections.items():
            seats = len(self.holders(assignment, section))
            if seats > facts["cap"]:
                faults.append(f"{section!r} is above cap")
            if 0 < seats < facts.get("min", 0):
                faults.append(f"{section!r} is below min")
            in_gate = sum(len(self.holders(assignment, j)) for j in self.gate(section))
            if in_gate > self.group_cap(section):
                faults.append(f"the group of {section!r} is above cap")
        return faults

    def would_take(self, student, section, assignment):
        held = assignment[student]
        if section in held:
            return False
        above = [j for j in held if self.rank(student, j) < self.rank(student, section)]
        return len(above) < self.quota(student) and not any(
            self.conflict(section, j) for j in above)

    def reserved(self, wishes):
        """Those of `wishes`, (student, section) of one gate, that reserves take."""
        reserved = set()
        for section in {section for _, section in wishes}:
            for name, seats in self.reserves(section).items():
                of_class = [wish for wish in wishes
                            if wish[1] == section and self.class_of(*wish) == name]
                reserved |= set(sorted(of_class, key=lambda w: self.key(*w))[:seats])
        return reserved

    def accepted(self, wishes):
        """Those of `wishes`, (student, section) of one gate, that get in."""
        reserved = self.reserved(wishes)
        accepted = []
        for wish in sorted(wishes, key=lambda w: (w not in reserved, self.key(*w), self.rank(*w))):
            section = wish[1]
            in_section = sum(j == section for _, j in accepted)
            if (in_section < self.sections[section]["cap"]
                    and len(accepted) < self.group_cap(section)):
                accepted.append(wish)
        return accepted

    def blocking_pairs(self, assignment, closed=None):
        closed = self.closed(assignment) if closed is None else closed
        pairs = []
        for student in self.students:
            for section in self.prefs(student):
                if section in closed or not self.would_take(student, section, assignment):
                    continue
                wish = (student, section)
                held = [(s, j) for j in self.gate(section) for s in self.holders(assignment, j)]
                if wish in self.accepted(held + [wish]):
                    pairs.append(wish)
        return pairs

    def stats(self, assignment):
        ranks = [self.rank(s, j) for s, held in assignment.items() for j in held]
        points = sum(self.points(s, j) for s, held in assignment.items() for j in held)
        longest = max((len(self.prefs(s)) for s in self.students), default=0)
        return {"blocking_pairs": len(self.blocking_pairs(assignment)),
                "closed": self.closed(assignment),
                "profile": [ranks.count(k + 1) for k in range(longest)],
                "seated": len(ranks), "total_rank": sum(ranks),
                "total_utility": points if self.has_util else None,
                "with_nothing": sum(not held for held in assignment.values())}

    def waiting(self, assignment):
        closed = self.closed(assignment)
        return {j: [] if j in closed else sorted(
            (s for s in self.students if j in self.prefs(s) and self.would_take(s, j, assignment)),
            key=lambda s, j=j: self.key(s, j)) for j in self.sections}

    def value(self, assignment):
        """What `welfare` makes greatest, as a tuple that compares from the left."""
        return tuple(map(sum, zip((0, 0, 0, 0), *(
            self.worth(s, j) for s, held in assignment.items() for j in held))))

    def worth(self, student, section):
        second = self.points(student, section) if self.has_util else -self.rank(student, section)
        return (1, second, -self.position[student], -self.tie(student, section))

    # stable, draft and serial.

    def drawn(self, rule):
        """Draws: the assignment, per section and class after whose turn it was not open (nothing
        under `stable`), and the sections that opened again."""
        def once():
            if rule == "stable":
                return Stable(self, closed).run(), {}
            return Turns(self, rule, closed).run()

        def short():
            return {j: n for j in self.sections if j not in closed
                    and (n := self.short(j, assignment)) > 0}

        closed, tried, reopened = set(), set(), set()
        assignment, filled_by = once()
        while few := short():
            closed.add(min(few, key=lambda j: (-few[j], j)))
            assignment, filled_by = once()
        while (section := self.largest_to_reopen(assignment, closed, tried)) is not None:
            before = assignment, filled_by
            tried.add(section)
            closed.remove(section)
            assignment, filled_by = once()
            if short() or any(len(assignment[s]) < len(before[0][s]) for s in self.students):
                closed.add(section)
                assignment, filled_by = before
            else:
                reopened.add(section)
        while (section := self.largest_to_reopen(assignment, closed)) is not None:
            closed.remove(section)
            reopened.add(section)
            wishes = [(s, section) for s in self.unserved(section, assignment)]
            first = self.reserved(wishes)
            wishes.sort(key=lambda wish: (wish not in first, self.key(*wish)))
            for student, _ in wishes[:self.seats_for(section, assignment)]:
                assignment[student] = [section]
        return assignment, filled_by, sorted(reopened)

    # Sections below their minimum.

    def unserved(self, section, assignment):
        """Those with nothing who wish this section."""
        return [s for s in self.students if not assignment[s] and section in self.prefs(s)]

    def seats_for(self, section, assignment):
        """How many of them it could seat, whatever others hold."""
        in_gate = sum(len(self.holders(assignment, j)) for j in self.gate(section))
        return min(len(self.unserved(section, assignment)), self.sections[section]["cap"],
                   max(0, self.group_cap(section) - in_gate))

    def could_reopen(self, section, assignment):
        """Whether those with nothing could hold this empty section."""
        return self.seats_for(section, assignment) >= max(1, self.sections[section].get("min", 0))

    def largest_to_reopen(self, assignment, closed, tried=frozenset()):
        found = [j for j in closed - tried if self.could_reopen(j, assignment)]
        return min(found, key=lambda j: (-self.seats_for(j, assignment), j), default=None)

    # The hash tree.

    def root(self):
        def kept(row, *names):
            return {name: row[name] for name in names if row.get(name) is not None}

        leaves = [{"group": name, "cap": row["cap"]} for name, row in self.groups.items()]
        for name, row in self.sections.items():
            leaf = {"section": name, **kept(row, "cap", "course", "group", "slot", "min")}
            if not leaf.get("min"):
                leaf.pop("min", None)
            if row.get("days"):
                leaf.update(kept(row, "start", "end"), days=sorted(set(row["days"])))
            if "reserve" in row:
                leaf["reserve"] = sorted(row["reserve"], key=lambda entry: entry["class"])
            leaves.append(leaf)
        for name, row in self.students.items():
            leaf = {"student": name, **kept(row, "lottery", "prefs", "quota", "token")}
            for field in ("prio", "util"):
                if field in row:
                    leaf[field] = {j: n for j, n in row[field].items() if j in row["prefs"]}
            leaves.append(leaf)

        def tree(parts):
            if len(parts) == 1:
                return sha256(b"\0", parts[0])
            half = 1
            while half * 2 < len(parts):
                half *= 2
            return sha256(b"\1", tree(parts[:half]), tree(parts[half:]))

        parts = [canonical(leaf).encode("utf8") for leaf in leaves]
        return (tree(parts) if parts else sha256()).hex()


class Stable:
    """One draw by `stable` with some sections closed."""

    def __init__(self, market, closed):
        self.market, self.closed = market, closed
        self.held, self.refused = set(), set()  # wishes: (student, section)

    def run(self):
        self.defer(self.market.order)
        best = self.assignment()
        fewest = len(self.market.blocking_pairs(best, self.closed))
        for _ in range(20):
            pairs = self.market.blocking_pairs(self.assignment(), self.closed)
            if not pairs:
                break
            self.refused -= set(pairs)
            again = {student for student, _ in pairs}
            self.defer([student for student in self.market.order if student in again])
            left = len(self.market.blocking_pairs(self.assignment(), self.closed))
            if left < fewest:
                best, fewest = self.assignment(), left
        return best

    def assignment(self):
        return {s: [j for j in self.market.prefs(s) if (s, j) in self.held]
                for s in self.market.students}

    def chosen(self, student):
        taken = []
        for section in self.market.prefs(student):
            if (len(taken) < self.market.quota(student) and section not in self.closed
                    and (student, section) not in self.refused
                    and not any(self.market.conflict(section, j) for j in taken)):
                taken.append(section)
        return taken

    def defer(self, students):
        for first in students:
            stack = [first]
            while stack:
                self.turn(stack.pop(), stack)

    def turn(self, student, stack):
        want = self.chosen(student)
        again = False
        self.held -= {(student, j) for j in self.market.prefs(student) if j not in want}
        for section in want:
            if (student, section) in self.held:
                continue
            gate = self.market.gate(section)
            wishes = [wish for wish in self.held if wish[1] in gate] + [(student, section)]
            self.held.add((student, section))
            for wish in set(wishes) - set(self.market.accepted(wishes)):
                self.held.remove(wish)
                self.refused.add(wish)
                if wish[0] == student:
                    again = True
                elif wish[0] not in stack:
                    stack.append(wish[0])
        if again:
            stack.append(student)


class Turns:
    """One draw by `draft` or `serial` with some sections closed."""

    def __init__(self, market, rule, closed):
        self.market, self.one_by_one, self.closed = market, rule == "draft", closed
        self.assignment = {student: [] for student in market.students}
        self.taken = []  # (section, class of the taker)
        self.filled_by = {}  # (section, class): the student after whose turn it was not open to it
        self.release = False

    def run(self):
        def class_of(student):
            wishes = self.market.prefs(student)
            return self.market.class_of(student, wishes[0]) if wishes else 0

        classes = sorted({class_of(s) for s in self.market.students}, reverse=True)
        for self.release in [False, True] if any(
                map(self.market.reserves, self.market.sections)) else [False]:
            for name in classes:
                self.phase(name, [s for s in self.market.order if class_of(s) == name])
        for student, held in self.assignment.items():
            held.sort(key=lambda j, s=student: self.market.rank(s, j))
        return self.assignment, self.filled_by

    def phase(self, name, students):
        for number in itertools.count(1):
            before = len(self.taken)
            for student in students if number % 2 else reversed(students):
                while self.take(student, name) and not self.one_by_one:
                    pass
            if not self.one_by_one or len(self.taken) == before:
                break

    def take(self, student, name):
        held = self.assignment[student]
        if len(held) == self.market.quota(student):
            return False
        for section in self.market.prefs(student):
            if section in held or not self.is_open(section, name):
                continue
            if any(self.market.conflict(section, j) for j in held):
                continue
            before = [j for j in self.market.gate(section) if self.is_open(j, name)]
            held.append(section)
            self.taken.append((section, name))
            for j in before:
                if not self.is_open(j, name):
                    self.filled_by[j, name] = student
            return True
        return False

    def is_open(self, section, name):
        if section in self.closed:
            return False
        gate = self.market.gate(section)
        if sum(j in gate for j, _ in self.taken) >= self.market.group_cap(section):
            return False
        free = self.market.sections[section]["cap"] - sum(j == section for j, _ in self.taken)
        if not self.release:
            for other, seats in self.market.reserves(section).items():
                if other != name:
                    free -= max(0, seats - self.taken.count((section, other)))
        return free > 0
