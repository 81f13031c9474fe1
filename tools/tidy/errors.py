"""Every error code has one meaning, one kind and a Chinese sentence in docs/errors.csv.

A code is `room.snake_case`, where room is the folder that uses it (of the kernel and the engines:
the part). Codes in docs/errors.csv that nobody uses are stale. What the comment of a function says
it fails with must exist too.
"""
import csv
import re

from common import CPP, PRODUCT_CPP, Breach, find_all, line_of, string_literals, without_comments

PATH = "docs/errors.csv"
HEADER = ["code", "kind", "中文", "English"]
CODE = re.compile(r"[a-z][a-z0-9]*\.[a-z][a-z0-9]*(_[a-z0-9]+)*")
WITH_KIND = re.compile(r'ErrorKind::(\w+),\s*(?:\.code\s*=\s*)?"([^"]*)"')
KIND = re.compile(r"enum class ErrorKind[^{]*\{([^}]*)\}")
FAILS = re.compile(r"^\s*///\s*Fails:(.*(?:\n\s*///(?!\s*\w+:).*)*)", re.M)
CHINESE = re.compile(r"[\u4e00-\u9fff]")
# Names of the same shape that are no codes: permissions, events of the log, jobs and listeners.
NAMED = re.compile(r"(?<=Permission )k\w+\{\d+, \"[^\"]*\"\}|log::Level::\w+,\s*\"[^\"]*\""
                   r"|\b(?:job|listener)\.name = \"[^\"]*\"")
DOC_PARTS = ("Gives:", "Fails:", "Source:")
API_FUNCTION = re.compile(r"^(?!using|struct|class|enum|namespace)[\w:<>\[\]&*, ]+ \w+\([^;{]*\);", re.M)


def room_of(path):
    parts = path.split("/")
    return parts[2] if parts[1] in ("kernel", "engines") and len(parts) > 3 else parts[1]


def check(tree):
    listed, breaches = read_list(tree)
    rooms = {room_of(path) for path in tree.paths(CPP) if path.startswith("src/")}
    used = set()
    for path in tree.paths(PRODUCT_CPP):
        text = without_comments(tree.text(path))
        codes_only = NAMED.sub(lambda match: "\n" * match[0].count("\n"), text)
        for line, literal in string_literals(codes_only):
            if CODE.fullmatch(literal) and literal.split(".")[0] in rooms:
                used.add(literal)
                if literal not in listed:
                    breaches.append(Breach(path, line, f"{literal} is not in {PATH}"))
        for line, match in find_all(WITH_KIND, text):
            kind, code = match.groups()
            if not CODE.fullmatch(code) or code.split(".")[0] != room_of(path):
                breaches.append(Breach(path, line, f"'{code}' is not {room_of(path)}.snake_case"))
            elif code in listed and listed[code] != kind:
                breaches.append(Breach(path, line, f"{code} is {listed[code]} in {PATH}, {kind} here"))
    for code in sorted(set(listed) - used):
        breaches.append(Breach(PATH, 0, f"{code} is used nowhere"))
    return breaches + check_comments(tree, listed, rooms)


def read_list(tree):
    """(kinds by code, breaches) of the catalogue."""
    if PATH not in tree.files:
        return {}, [Breach(PATH, 0, "missing")]
    rows = list(csv.reader(tree.text(PATH).splitlines()))
    if not rows or rows[0] != HEADER:
        return {}, [Breach(PATH, 1, "the header must be " + ",".join(HEADER))]
    kinds = set(re.findall(r"^\s*(\w+)", "\n".join(KIND.findall(
        without_comments(tree.text("src/kernel/base/result.h")))).replace(",", "\n"), re.M))
    listed, breaches = {}, []
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(HEADER) or not all(row):
            breaches.append(Breach(PATH, number, "four fields, none empty"))
            continue
        code, kind, chinese, _ = row
        if code in listed:
            breaches.append(Breach(PATH, number, f"{code} twice"))
        if kind not in kinds:
            breaches.append(Breach(PATH, number, f"'{kind}' is no ErrorKind"))
        if not CHINESE.search(chinese):
            breaches.append(Breach(PATH, number, f"{code} has no Chinese sentence"))
        listed[code] = kind
    return listed, breaches


def check_comments(tree, listed, rooms):
    breaches = []
    for path in tree.paths(r"src/.*\.h"):
        text = tree.text(path)
        for match in FAILS.finditer(text):
            for code in CODE.finditer(match[1]):
                if code[0].split(".")[0] in rooms and code[0] not in listed:
                    line = line_of(text, match.start(1) + code.start())
                    breaches.append(Breach(path, line, f"{code[0]} is not in {PATH}"))
    for path in tree.paths(r"src/[^/]+/api\.h"):
        text = tree.text(path)
        for match in API_FUNCTION.finditer(text):
            comment = re.search(r"(?:^[ \t]*///.*\n)*\Z", text[:match.start()], re.M)[0]
            lacking = [part for part in DOC_PARTS if part not in comment]
            if lacking:
                breaches.append(Breach(path, line_of(text, match.start()),
                                       "a door's comment must say " + " ".join(lacking)))
    return breaches


RESULT_H = "enum class ErrorKind : unsigned char {\n  invalid,  // wrong, changed\n  conflict,\n};\n"
GOOD = {
    "src/kernel/base/result.h": RESULT_H,
    "src/kernel/time/day.cpp": 'Error f() { return Error{ErrorKind::invalid,\n "time.bad_day", d}; }\n',
    "src/kernel/time/day_test.cpp": 'auto e = Error{ErrorKind::conflict, "x"}; auto c = "time.odd";\n',
    "src/draw/draw.cpp": '// "draw.gone"\nError g() { return refuse("draw.no_such_section"); }\n'
                         'auto e = Error{.kind = ErrorKind::conflict, .code = "draw.closed"};\n'
                         'auto file = "result.json"; auto other = "students[3].prefs";\n'
                         'void h() { log.write(log::Level::warn,\n "draw.odd_draw", ""); '
                         'job.name = "draw.nightly"; }\n',
    "src/draw/api.h": "/// Runs.\n/// Gives:  x\n/// Fails:  draw.closed (conflict) ·\n"
                      "///         time.bad_day\n/// Source: design\n"
                      "[[nodiscard]] Result<int> run(const Instance& instance,\n    int seed);\n"
                      "using Id = int;\nstruct X {\n  int f() const;\n};\n",
    PATH: "code,kind,中文,English\ntime.bad_day,invalid,没有这一天。,There is no such day.\n"
          "draw.no_such_section,invalid,没有这个班。,\"No section, so.\"\n"
          "draw.closed,conflict,已经关闭。,Closed.\n",
}
ROW = "draw.odd,invalid,奇数。,Odd.\n"
BAD = [
    ({"src/draw/x.cpp": 'auto c = "draw.odd";\n'}, "x.cpp:1: draw.odd is not in docs/errors.csv"),
    ({"src/draw/x.cpp": 'return Error{ErrorKind::invalid, "drawOdd", ""};\n'}, "not draw.snake_case"),
    ({"src/draw/x.cpp": '\nreturn Error{ErrorKind::invalid, "time.bad_day", ""};\n'},
     "x.cpp:2: 'time.bad_day' is not draw.snake_case"),
    ({"src/draw/x.cpp": 'return Error{ErrorKind::invalid, "draw.closed", ""};\n'},
     "draw.closed is conflict in docs/errors.csv, invalid here"),
    ({PATH: GOOD[PATH] + ROW}, "draw.odd is used nowhere"),
    ({PATH: GOOD[PATH] + GOOD[PATH].splitlines()[1] + "\n"}, "errors.csv:5: time.bad_day twice"),
    ({PATH: GOOD[PATH].replace(",conflict,", ",confict,")},
     ["'confict' is no ErrorKind", "draw.closed is confict"]),
    ({PATH: GOOD[PATH].replace("已经关闭。", "closed")}, "no Chinese sentence"),
    ({PATH: GOOD[PATH] + "draw.odd,invalid,奇数。\n"}, "four fields, none empty"),
    ({PATH: "code,kind\n"}, ["the header must be"] + ["is not in docs/errors.csv"] * 5),
    ({"src/draw/x.h": "/// Fails: draw.odd (invalid)\nint f();\n"}, "x.h:1: draw.odd is not in"),
    ({"src/draw/api.h": "/// Gives: x\n/// Source: design\nint f(int a);\n"},
     "api.h:3: a door's comment must say Fails:"),
]
