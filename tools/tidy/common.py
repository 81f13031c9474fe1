"""What the rules share: the tree of files they look at, breaches, and C++ without its comments."""
import re
import subprocess
from pathlib import Path
from typing import NamedTuple


class Breach(NamedTuple):
    path: str
    line: int  # 0: the file as a whole
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.message}"


class Tree:
    """Files by path relative to the repository's root, with their bytes.

    Rules see the project only through this, so that their tests can make up projects.
    """

    def __init__(self, files):
        self.files = {path: text.encode("utf8") if isinstance(text, str) else text
                      for path, text in files.items()}

    @staticmethod
    def of_git(root):
        """Everything git tracks or would track."""
        listed = subprocess.run(["git", "ls-files", "-zco", "--exclude-standard"], cwd=root,
                                check=True, capture_output=True).stdout.decode("utf8")
        paths = [path for path in listed.split("\0") if path and (Path(root) / path).is_file()]
        return Tree({path: (Path(root) / path).read_bytes() for path in paths})

    def paths(self, pattern):
        """Paths that match the regular expression as a whole, sorted."""
        return sorted(path for path in self.files if re.fullmatch(pattern, path))

    def text(self, path):
        return self.files[path].decode("utf8", errors="replace")

    def folders(self):
        """Every folder that holds a file, however deep."""
        return {str(parent) for path in self.files for parent in Path(path).parents}


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def find_all(pattern, text):
    """(line, match) of every match of a compiled pattern."""
    return [(line_of(text, match.start()), match) for match in pattern.finditer(text)]


COMMENT_OR_LITERAL = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
      | (?P<literal>R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)"
                   |"(?:\\.|[^"\\\n])*"
                   |(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+')""",  # not the ' of 1'000
    re.S | re.X)


def _blank(text):
    return re.sub(r"[^\n]", " ", text)


def without_comments(cpp):
    """The C++ text with its comments as blanks; lines and columns stay."""
    return COMMENT_OR_LITERAL.sub(
        lambda match: _blank(match[0]) if match["comment"] else match[0], cpp)


def only_code(cpp):
    """The C++ text with comments and literals as blanks; lines and columns stay."""
    return COMMENT_OR_LITERAL.sub(lambda match: _blank(match[0]), cpp)


def string_literals(cpp):
    """(line, content) of the ordinary string literals."""
    return [(line_of(cpp, match.start()), match[0][1:-1])
            for match in COMMENT_OR_LITERAL.finditer(cpp)
            if match["literal"] and match[0].startswith('"')]


CPP = r"(src|bench)/.*\.(h|cpp)"
PRODUCT_CPP = r"src/(?!.*_(test|fuzz|bench)\.cpp$).*\.(h|cpp)"

ROOM_LINE = re.compile(r"(\w+)\s*\|\s*calls:([\w\s]*)\|\s*listens:([\w\s]*)")


class Room(NamedTuple):
    name: str
    line: int
    calls: list
    listens: list


def read_rooms(tree):
    """(rooms of src/ROOMS by name, breaches of its form)."""
    rooms, breaches = {}, []
    if "src/ROOMS" not in tree.files:
        return rooms, [Breach("src/ROOMS", 0, "missing")]
    for number, line in enumerate(tree.text("src/ROOMS").splitlines(), 1):
        line = line.split("#")[0].strip()
        if not line:
            continue
        match = ROOM_LINE.fullmatch(line)
        if match:
            rooms[match[1]] = Room(match[1], number, match[2].split(), match[3].split())
        else:
            breaches.append(Breach("src/ROOMS", number, f"cannot read '{line}'; "
                                   "write 'room | calls: a b | listens: c'"))
    return rooms, breaches
