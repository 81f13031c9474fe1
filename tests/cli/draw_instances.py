#!/usr/bin/env python3
"""Instances of a draw made from a seed: small ones with every feature mixed, and whole schools.

    draw_instances.py random --students 6 --sections 4 --seed 1 [--out FILE]
    draw_instances.py school --students 800 --sections 40 --wishes 6 --slots 5 --seed 1 [--out FILE]
"""
import argparse
import itertools
import random
import sys

from common import compact, dump

DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri"]


# Ids of many kinds: order by code point and exact escapes must hold for all of them.
ID_STYLES = [
    lambda prefix, i: f"{prefix}{i}",
    lambda prefix, i: f"{prefix}{i:02d}",
    lambda prefix, i: str(i),  # looks like an integer
    lambda prefix, i: ["0", "-1", "1e3", "007", "1.5", "00"][i % 6] + (str(i) if i >= 6 else ""),
    lambda prefix, i: ["语文", "围棋", "书法", "足球", "合唱"][i % 5] + f"班{i}",
    lambda prefix, i: chr([0x20BB7, 0xFF21, 0x1F600, 0xE9, 0xFFFD][i % 5]) + str(i),
    lambda prefix, i: ["__proto__", "constructor", "a b", 'q"', "b\\", "t\t", "\x01", "\x7f",
                       "\u2028", "toString", "/", "<&>"][i % 12] + (str(i) if i >= 12 else ""),
]


def ids(rng, prefix, count):
    style = rng.choice(ID_STYLES + ID_STYLES[:1] * 4)
    mixed = rng.random() < 0.1
    found = [(rng.choice(ID_STYLES) if mixed else style)(prefix, i) for i in range(count)]
    if len(set(found)) < count:
        found = [f"{name}#{i}" for i, name in enumerate(found)]
    return found


class Features:
    """Which features an instance has: each at random unless it is fixed by name."""

    def __init__(self, rng, fixed):
        def coin(name, chance):
            return fixed[name] if name in fixed else rng.random() < chance

        self.slots = coin("slots", 0.4)
        self.courses = coin("courses", 0.3)
        self.times = coin("times", 0.4)
        self.groups = coin("groups", 0.35)
        self.min = coin("min", 0.35)
        self.reserve = coin("reserve", 0.3)
        self.util = coin("util", 0.3)
        self.tokens = coin("tokens", 0.3)
        self.lottery = coin("lottery", 0.7)
        # None, "student": one class for all wishes of a student, or "wish": mixed.
        self.prio = fixed["prio"] if "prio" in fixed else rng.choice(
            [None, None, "student", "student", "wish"])


def random_section(rng, features, name, group_ids, students):
    section = {"id": name, "cap": rng.choice([0, 1, 1, 1, 2, 2, 3, max(1, students // 2)])}
    if features.slots and rng.random() < 0.8:
        section["slot"] = rng.choice("甲乙丙")
    if features.courses and rng.random() < 0.6:
        section["course"] = rng.choice(["C1", "C2", "C\n3"])
    if features.times and rng.random() < 0.8:
        start = rng.randrange(0, 600, 30)
        section.update(days=rng.sample(DAYS, rng.randint(1, 2)), start=start,
                       end=start + rng.choice([30, 60, 90, 300]))
    if group_ids and rng.random() < 0.7:
        section["group"] = rng.choice(group_ids)
    if features.min and rng.random() < 0.6:
        section["min"] = rng.randint(0, section["cap"] + 1)
    if features.reserve and rng.random() < 0.6:
        classes = rng.sample([0, 1, 2, 3], rng.randint(1, 3))
        free = section["cap"]
        section["reserve"] = []
        for name in classes:
            seats = rng.randint(min(free, rng.random() < 0.9), free)  # seldom 0
            free -= seats
            if free or seats or rng.random() < 0.2:
                section["reserve"].append({"class": name, "n": seats})
    if rng.random() < 0.05:
        section["note"] = {"any": ["thing", None]}  # unknown fields are ignored
    if rng.random() < 0.05:
        section["slot"] = section.get("slot")  # null counts as absent
    return section


def random_student(rng, features, name, section_ids):
    wishes = rng.randint(0, min(len(section_ids), 6))
    student = {"id": name, "quota": rng.choice([1, 1, 2, 2, 3, 4]),
               "prefs": rng.sample(section_ids, wishes)}
    if features.prio == "student" and rng.random() < 0.8:
        own = rng.randint(0, 3)
        # A wish that is not named has class 0, so only then may one be left out.
        named = student["prefs"] if own else rng.sample(student["prefs"], wishes // 2)
        student["prio"] = {section: own for section in named}
    if features.prio == "wish" and rng.random() < 0.8:
        named = rng.sample(section_ids, rng.randint(0, len(section_ids)))
        student["prio"] = {section: rng.choice([0, 1, 2, 3]) for section in named}
    if features.util and rng.random() < 0.8:
        named = rng.sample(section_ids, rng.randint(0, len(section_ids)))
        student["util"] = {section: rng.randint(0, 9) for section in named}
    return student


def give_lottery(rng, students):
    numbers = rng.sample(range(1, 3 * len(students) + 1), len(students))
    if rng.random() < 0.2:  # some equal numbers: ordered by id
        numbers = [rng.choice(numbers) for _ in numbers]
    for student, number in zip(students, numbers):
        student["lottery"] = number


def random_instance(rng, students, sections, **fixed):
    """A small instance with features mixed at random; `fixed` sets some (see Features)."""
    features = Features(rng, fixed)
    group_ids = ids(rng, "G", rng.randint(1, 2)) if features.groups else []
    section_ids = ids(rng, "c", sections)
    instance = {"courses": [random_section(rng, features, name, group_ids, students)
                            for name in section_ids],
                "students": [random_student(rng, features, name, section_ids)
                             for name in ids(rng, "s", students)]}
    if group_ids:
        instance["groups"] = [{"id": name, "cap": rng.choice([0, 1, 1, 2, 2, 3])}
                              for name in group_ids]
    if features.tokens:
        for student in instance["students"]:
            if rng.random() < 0.5:
                student["token"] = f"家{rng.randrange(students)}"
    if features.lottery:
        give_lottery(rng, instance["students"])
    for rows in instance.values():
        rng.shuffle(rows)
    if rng.random() < 0.2:
        instance = dict(reversed(instance.items()))  # students may stand before courses
    return instance


def instances(seed, count, students, sections, **fixed):
    """`count` instances as (name, instance), of up to `students` and `sections`."""
    for number in range(count):
        rng = random.Random(f"{seed}/{number}")
        yield (f"random-{seed}-{number}",
               random_instance(rng, rng.randint(1, students), rng.randint(1, sections), **fixed))


def random_seed(rng):
    return "".join(rng.choice("0123456789abcdef") for _ in range(2 * rng.randint(1, 32)))


def seed_for(rng, instance):
    """None, so that the file's lottery holds, half of the time if every student has a number."""
    has_lottery = all("lottery" in student for student in instance["students"])
    return None if has_lottery and rng.random() < 0.5 else random_seed(rng)


# With overlapping times a stable result need not exist: s0 and c3, a free seat, are left blocking.
UNSTABLE = {
    "courses": [{"id": "c0", "cap": 1, "days": ["Mon"], "start": 0, "end": 120},
                {"id": "c1", "cap": 1, "days": ["Mon"], "start": 60, "end": 180},
                {"id": "c2", "cap": 1}, {"id": "c4", "cap": 1},
                {"id": "c3", "cap": 1, "days": ["Mon"], "start": 120, "end": 240}],
    "students": [{"id": "s0", "quota": 1, "lottery": 0, "prefs": ["c3", "c4"]},
                 {"id": "s1", "quota": 1, "lottery": 1, "prefs": ["c4", "c2"]},
                 {"id": "s2", "quota": 1, "lottery": 2, "prefs": ["c2", "c0"]},
                 {"id": "s3", "quota": 2, "lottery": 3, "prefs": ["c0", "c1", "c3"],
                  "prio": {"c3": 2}}]}


def many_minima(rng, students, sections, wishes, needed):
    """Each section must be exactly full or closed: which to open is a puzzle for `welfare`."""
    names = [f"c{i:03d}" for i in range(sections)]
    return {"courses": [{"id": name, "cap": needed, "min": needed} for name in names],
            "students": [{"id": f"s{i:04d}", "quota": 1, "prefs": rng.sample(names, wishes)}
                         for i in range(students)]}


FAMILY, GIVEN = "王李张刘陈杨黄赵周吴徐孙朱马胡林郭何高罗", "子涵宇轩欣怡梓浩然一诺思雨佳琪俊杰明哲"
SUBJECTS = ["足球", "篮球", "围棋", "书法", "合唱", "舞蹈", "编程", "科学实验", "绘画", "陶艺",
            "羽毛球", "乒乓球", "田径", "朗诵", "机器人", "剪纸", "葫芦丝", "象棋", "木工", "烹饪"]


def school(rng, students, sections, wishes, slots):
    """One school: each pupil ranks about `wishes` sections, a popular one like the first of Zipf's.

    Seats suffice for two per pupil, but not in the sections that everybody wants.
    """
    courses = []
    for number in range(sections):
        subject = SUBJECTS[number % len(SUBJECTS)]
        courses.append({"id": f"{subject}{number // len(SUBJECTS) + 1}班", "course": subject,
                        "slot": f"周{'一二三四五六日'[number % slots % 7]}{number % slots // 7 or ''}",
                        "cap": max(1, round(2 * students / sections * rng.uniform(0.6, 1.4)))})
    names = [course["id"] for course in courses]
    popularity = list(itertools.accumulate(1 / place for place in range(1, sections + 1)))
    by_popularity = rng.sample(names, sections)
    lottery = rng.sample(range(1, students + 1), students)
    pupils = []
    for number in range(students):
        length = min(sections, max(1, wishes + rng.randint(-1, 1)))
        prefs = {}  # keeps the order in which they come to mind
        while len(prefs) < length:
            prefs[rng.choices(by_popularity, cum_weights=popularity)[0]] = True
        name = rng.choice(FAMILY) + "".join(rng.sample(GIVEN, 2))
        pupils.append({"id": f"{number + 1:06d}{name}", "quota": min(2, slots),
                       "lottery": lottery[number], "prefs": list(prefs)})
    return {"name": "示范小学", "courses": courses, "students": pupils}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=["random", "school"])
    parser.add_argument("--students", type=int, default=12)
    parser.add_argument("--sections", type=int, default=8)
    parser.add_argument("--wishes", type=int, default=5, help="per pupil, on average (school)")
    parser.add_argument("--slots", type=int, default=5, help="at most 1 section in each (school)")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--out", help="file; without it stdout")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    if options.kind == "random":
        made = random_instance(rng, options.students, options.sections)
    else:
        made = school(rng, options.students, options.sections, options.wishes, options.slots)
    if options.out:
        dump(options.out, made)
    else:
        sys.stdout.reconfigure(encoding="utf8")
        print(compact(made))


if __name__ == "__main__":
    main()
