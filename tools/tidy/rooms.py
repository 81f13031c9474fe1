"""Which folder of src/ may include which, and whose tables it may name.

Rooms meet at doors only: api.h and types.h downwards (`calls` in src/ROOMS), events.h in any
direction (`listens`). The kernel knows no room; engines are pure; app knows everybody.
"""
import re

from common import Breach, find_all, read_rooms, without_comments

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include\s*"([^"]+)"', re.M)
TABLE = re.compile(
    r"\b(?:FROM|JOIN|INTO|UPDATE|TABLE(?: IF NOT EXISTS)?)\s+([a-z]+)_[a-z0-9_]+", re.I)
CALL_DOORS = ("api.h", "types.h")
ENGINES_MAY_INCLUDE = ("kernel/base/", "kernel/time/", "engines/")
NOT_ROOMS = ("kernel", "engines", "app")


def check(tree):
    rooms, breaches = read_rooms(tree)
    breaches += check_list(tree, rooms)
    for path in tree.paths(r"src/[^/]+/.*\.(h|cpp|sql)"):
        home = path.split("/")[1]
        if home not in rooms and home not in NOT_ROOMS:
            breaches.append(Breach(path, 0, f"folder '{home}' is not in src/ROOMS"))
            continue
        text = tree.text(path)
        if not path.endswith(".sql"):
            text = without_comments(text)
        for line, match in find_all(INCLUDE, text):
            problem = include_problem(rooms, home, match[1])
            if problem:
                breaches.append(Breach(path, line, problem))
        # Only indicators reads across rooms, and it reads views.
        if home in rooms and home != "indicators":
            for line, match in find_all(TABLE, text):
                owner = match[1].lower()
                if owner in rooms and owner != home:
                    breaches.append(Breach(path, line, f"{home} touches a table of {owner}"))
    return breaches


def check_list(tree, rooms):
    """src/ROOMS itself: rooms that exist, words that are rooms, no circle of calls."""
    breaches = []
    folders = tree.folders()
    for room in rooms.values():
        if f"src/{room.name}" not in folders:
            breaches.append(Breach("src/ROOMS", room.line,
                                   f"there is no folder src/{room.name}; list only what exists"))
        for other in room.calls + room.listens:
            if other not in rooms:
                breaches.append(Breach("src/ROOMS", room.line, f"'{other}' is not a room"))
    circle = find_circle(rooms)
    if circle:
        breaches.append(Breach("src/ROOMS", rooms[circle[0]].line,
                               "calls go in a circle: " + " -> ".join(circle)))
    return breaches


def find_circle(rooms):
    """Rooms that call each other in a circle, the first one again at the end; or None."""
    done, path = set(), []

    def visit(name):
        if name in path:
            return path[path.index(name):] + [name]
        if name in done or name not in rooms:
            return None
        path.append(name)
        for callee in sorted(rooms[name].calls):
            circle = visit(callee)
            if circle:
                return circle
        path.pop()
        done.add(name)
        return None

    for name in rooms:
        circle = visit(name)
        if circle:
            return circle
    return None


def include_problem(rooms, home, included):
    """What is wrong with `included` in a file of the folder `home`, or None."""
    target, _, door = included.partition("/")
    if "/" not in included:
        return f'write the path from src/: "{home}/.../{included}"'
    if home == "app" or target == home and home in rooms:
        return None
    if home == "kernel":
        return None if target == "kernel" else f"kernel may not include {included}"
    if home == "engines":
        pure = included.startswith(ENGINES_MAY_INCLUDE)
        return None if pure else f"an engine may not include {included}"
    if target in ("kernel", "engines"):
        return None
    if target not in rooms:
        return f"unknown include {included}"
    room = rooms[home]
    if door == "events.h":
        heard = target in room.listens + room.calls
        return None if heard else f"{home} does not listen to {target}"
    if target not in room.calls:
        return f"{home} may not call {target}"
    if door not in CALL_DOORS:
        return f"{included} is private to {target}; include its api.h"
    return None


GOOD = {
    "src/ROOMS": "# who may use whom\n"
                 "org | calls: | listens:\n"
                 "ledger | calls: org | listens:\n"
                 "aftercare | calls: org ledger | listens: ledger\n"
                 "survey | calls: org | listens: aftercare\n",
    "src/kernel/base/result.h": "",
    "src/engines/allocate/allocate.h": '#include "kernel/base/result.h"\n',
    "src/org/api.h": '#include "kernel/base/result.h"\n',
    "src/org/types.h": "",
    "src/ledger/api.h": '#include "org/types.h"\n',
    "src/aftercare/enrol.cpp": '#include "ledger/api.h"\n#include "ledger/events.h"\n'
                               '#include "engines/allocate/allocate.h"\n'
                               '#include "aftercare/enrol.h"\n'
                               'auto sql = "SELECT 1 FROM aftercare_enrolment";\n',
    "src/aftercare/events.h": "",
    "src/survey/listen.cpp": '#include "aftercare/events.h"\n// what comes from aftercare_x\n',
    "src/app/main.cpp": '#include "aftercare/enrol.h"\n',
}
BAD = [
    ({"src/org/x.cpp": '#include "aftercare/api.h"\n'}, "org may not call aftercare"),
    ({"src/aftercare/x.cpp": '#include "ledger/store.h"\n'}, "private to ledger"),
    ({"src/kernel/base/x.h": '#include "org/api.h"\n'}, "kernel may not include"),
    ({"src/engines/allocate/x.cpp": '#include "kernel/sql/db.h"\n'}, "an engine may not include"),
    ({"src/engines/allocate/x.cpp": '#include "org/types.h"\n'}, "an engine may not include"),
    ({"src/org/y.cpp": '\n#include "survey/events.h"\n'}, "y.cpp:2: org does not listen to survey"),
    ({"src/aftercare/y.cpp": 'f("SELECT 1 FROM ledger_entry");\n'}, "touches a table of ledger"),
    ({"src/aftercare/migrations/1.sql": "CREATE TABLE ledger_entry (id BIGINT);\n"},
     "touches a table of ledger"),
    ({"src/ghost/x.cpp": "\n"}, "not in src/ROOMS"),
    ({"src/org/x.cpp": '#include "ghost/api.h"\n'}, "unknown include ghost/api.h"),
    ({"src/org/x.cpp": '#include "api.h"\n'}, "write the path from src/"),
    ({"src/ROOMS": GOOD["src/ROOMS"].replace("org | calls: |", "org | calls: aftercare |")},
     "circle: org -> aftercare -> ledger -> org"),
    ({"src/ROOMS": GOOD["src/ROOMS"] + "venues | calls: | listens:\n"}, "no folder src/venues"),
    ({"src/ROOMS": GOOD["src/ROOMS"].replace("listens: aftercare", "listens: aftercre")},
     ["'aftercre' is not a room", "survey does not listen to aftercare"]),
    ({"src/ROOMS": GOOD["src/ROOMS"] + "ledger calls org\n"}, "ROOMS:6: cannot read"),
]
