"""Documents that stay true: what they name exists, and what exists is named."""
import csv
import fnmatch
import posixpath
import re

from common import Breach, read_rooms

SIZE_MAX = 500 * 1024
ARCHITECTURE_LINES_MAX = 200
ROOM_README_LINES_MAX = 60
ADR_LINES_MAX = 40

FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.M | re.S)
BACKTICKED_PATH = re.compile(r"`((?:\./)?[\w.-]+(?:/[\w.*-]+)+/?)`")
# What such a path may start from. Others, as in `application/json`, are no paths of ours.
TOP = ("src", "web", "tests", "bench", "tools", "docs", "policy", "deploy", "changes", ".ci", ".")
IN_SRC = ("kernel", "engines", "app")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
GLOSSARY = ["english", "中文", "source document", "note"]


def check(tree):
    return (check_headings(tree) + check_paths(tree) + check_architecture(tree)
            + check_lengths(tree) + check_glossary(tree) + check_sizes(tree))


def without_fences(text):
    return FENCE.sub(lambda match: "\n" * match[0].count("\n"), text)


def documents(tree):
    # Fragments in changes/ become paragraphs of one document.
    return tree.paths(r"(?!changes/|.*node_modules/).*\.md")


def check_headings(tree):
    breaches = []
    for path in documents(tree):
        lines = without_fences(tree.text(path)).splitlines()
        titles = [number for number, line in enumerate(lines, 1) if line.startswith("# ")]
        if len(titles) != 1:
            line = titles[1] if titles else 1
            breaches.append(Breach(path, line, f"{len(titles)} titles (# ...); one a document"))
    return breaches


def check_paths(tree):
    breaches = []
    known = set(tree.files) | tree.folders()
    rooms = read_rooms(tree)[0]
    for path in documents(tree):
        for number, line in enumerate(without_fences(tree.text(path)).splitlines(), 1):
            for match in BACKTICKED_PATH.finditer(line):
                named = posixpath.normpath(match[1])
                first = match[1].split("/")[0]
                if first in TOP:
                    candidates = [named, posixpath.normpath(
                        posixpath.join(posixpath.dirname(path), match[1]))]
                elif first in IN_SRC or first in rooms:
                    candidates = [f"src/{named}"]
                else:
                    continue
                if not any(fnmatch.filter(known, candidate) for candidate in candidates):
                    breaches.append(Breach(path, number, f"there is no {match[1]}"))
    return breaches


def check_architecture(tree):
    path = "ARCHITECTURE.md"
    if path not in tree.files:
        return [Breach(path, 0, "missing")]
    text = tree.text(path)
    folders = {posixpath.dirname(source) for source in tree.paths(r"src/.*\.(h|cpp)")}
    return [Breach(path, 0, f"does not name {folder}") for folder in sorted(folders)
            if not re.search(r"(?<!\w)" + re.escape(folder.removeprefix("src/")) + r"(?!\w)", text)]


def check_lengths(tree):
    """Maps and decisions are read whole, so they stay short."""
    limits = [("ARCHITECTURE.md", ARCHITECTURE_LINES_MAX)]
    limits += [(path, ADR_LINES_MAX) for path in tree.paths(r"docs/decisions/.*\.md")]
    breaches = []
    for name, room in read_rooms(tree)[0].items():
        readme = f"src/{name}/README.md"
        if readme in tree.files:
            limits.append((readme, ROOM_README_LINES_MAX))
        else:
            breaches.append(Breach("src/ROOMS", room.line, f"{readme} is missing"))
    for path, most in limits:
        lines = len(tree.text(path).splitlines()) if path in tree.files else 0
        if lines > most:
            breaches.append(Breach(path, most + 1, f"{lines} lines, at most {most}"))
    return breaches


def check_glossary(tree):
    path = "docs/glossary.csv"
    if path not in tree.files:
        return [Breach(path, 0, "missing")]
    rows = list(csv.reader(tree.text(path).splitlines()))
    if not rows or rows[0] != GLOSSARY:
        return [Breach(path, 1, "the header must be " + ",".join(GLOSSARY))]
    breaches, seen = [], {}
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(GLOSSARY):
            breaches.append(Breach(path, number, f"{len(row)} fields, not {len(GLOSSARY)}"))
            continue
        english, chinese, source, _ = row
        if english in seen:
            breaches.append(Breach(path, number, f"'{english}' stands in line {seen[english]} too"))
        seen.setdefault(english, number)
        if not english or english != english.strip():
            breaches.append(Breach(path, number, "the English term is empty or has blanks around it"))
        if not CHINESE.search(chinese):
            breaches.append(Breach(path, number, f"'{english}' has no Chinese term"))
        if not source:
            breaches.append(Breach(path, number, f"'{english}' has no source; 'design' if it is ours"))
    return breaches


def check_sizes(tree):
    return [Breach(path, 0, f"{len(data) // 1024} KB; at most {SIZE_MAX // 1024}")
            for path, data in sorted(tree.files.items()) if len(data) > SIZE_MAX]


GOOD = {
    "src/ROOMS": "draw | calls: | listens:\n",
    "src/kernel/base/id.h": "",
    "src/draw/draw.cpp": "",
    "src/draw/README.md": "# draw (摇号)\nStart at `draw/draw.cpp`.\n",
    "ARCHITECTURE.md": "# Map\nkernel/base: results. draw: `src/draw/`, `draw/*.cpp`.\n",
    "README.md": "# 双减\n```\n# a comment in a shell\ncat `src/none`\n```\nRun `./dev`, see `docs/x.md`; "
                 "`application/json`, `a/b`, `src/<room>/api.h`, `build/dev/x`.\n",
    "dev": "",
    "docs/x.md": "# X\nBeside it: `./glossary.csv`.\n",
    "docs/decisions/0001-x.md": "# 1\n" + "line\n" * 39,
    "docs/glossary.csv": "english,中文,source document,note\nstudent,学生,design,\ndraw,摇号,D40,\"a, b\"\n",
    "changes/0001.md": "A draw.\n",
}
CSV_HEAD = "english,中文,source document,note\n"
BAD = [
    ({"docs/x.md": "# X\n# Y\n"}, "x.md:2: 2 titles"),
    ({"docs/x.md": "## X\n"}, "0 titles"),
    ({"docs/x.md": "# X\n\nSee `src/draw/gone.cpp`.\n"}, "x.md:3: there is no src/draw/gone.cpp"),
    ({"README.md": "# X\n`kernel/none/`\n"}, "there is no kernel/none/"),
    ({"README.md": "# X\n`tests/cli/*.py`\n"}, "there is no tests/cli/*.py"),
    ({"README.md": "# X\n`policy/hunan`\n"}, "there is no policy/hunan"),
    ({"README.md": "# X\n`draw/api.h`\n"}, "there is no draw/api.h"),
    ({"src/kernel/time/zone.h": ""}, "does not name src/kernel/time"),
    ({"src/kernel/bas/x.h": ""}, "does not name src/kernel/bas"),
    ({"ARCHITECTURE.md": GOOD["ARCHITECTURE.md"] + "\n" * 200}, "202 lines, at most 200"),
    ({"ARCHITECTURE.md": None}, "ARCHITECTURE.md:0: missing"),
    ({"docs/decisions/0001-x.md": "# 1\n" + "line\n" * 40}, "41 lines, at most 40"),
    ({"src/draw/README.md": "# draw\n" + "line\n" * 60}, "61 lines, at most 60"),
    ({"src/draw/README.md": None}, "src/draw/README.md is missing"),
    ({"docs/glossary.csv": None}, ["glossary.csv:0: missing", "there is no ./glossary.csv"]),
    ({"docs/glossary.csv": "english,chinese\n"}, "the header must be"),
    ({"docs/glossary.csv": CSV_HEAD + "a,甲,design\n"}, "3 fields, not 4"),
    ({"docs/glossary.csv": CSV_HEAD + "a,甲,design,\na,乙,design,\n"}, "stands in line 2 too"),
    ({"docs/glossary.csv": CSV_HEAD + "a,jia,design,\n"}, "no Chinese term"),
    ({"docs/glossary.csv": CSV_HEAD + "a,甲,,\n"}, "no source"),
    ({"docs/glossary.csv": CSV_HEAD + " a,甲,design,\n"}, "blanks around it"),
    ({"docs/big.csv": "x" * (SIZE_MAX + 1)}, "500 KB; at most 500"),
]
