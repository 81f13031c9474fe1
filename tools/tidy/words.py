"""Words that do not belong where they stand, each with what to write instead."""
import re
from typing import NamedTuple

from common import CPP, Breach, find_all, only_code, without_comments


class Word(NamedTuple):
    pattern: re.Pattern  # in code, without comments and literals
    where: str           # paths it is banned in
    instead: str


def word(pattern, where, instead):
    return Word(re.compile(pattern), where, instead)


# Tests may look at the clock and catch what they provoke; bench/ measures time.
BUT_TESTS = r"(?!.*_(test|fuzz|bench)\.cpp$)"

WORDS = [
    word(r"\bsystem_clock::now|(?<![\w.>])(?:std::)?time\s*\(\s*(?:NULL|nullptr|0|&\w+)?\s*\)",
         r"src/(?!kernel/time/|app/)" + BUT_TESTS + ".*", "take a Clock& (kernel/time/clock.h)"),
    word(r"(?<![\w.>])(?:std::)?s?rand\s*\(|\brandom_device\b",
         r"src/(?!kernel/time/|app/)" + BUT_TESTS + ".*",
         "chance comes from a seed that is stored with its result"),
    word(r"\bstd::expected\b", r"(src|bench)/.*", "use Result (kernel/base/result.h)"),
    word(r"\bstd::format\b", r"(src|bench)/.*", "append strings; g++ 12 does not have it"),
    word(r"\bstd::(ranges::)?views\b", r"(src|bench)/.*", "write the loop; clang 14 cannot"),
    word(r"\bstd::source_location\b", r"(src|bench)/.*", "use SJ_CHECK; clang 14 does not have it"),
    word(r"\bthrow\b", r"src/(?!kernel/|app/)" + BUT_TESTS + ".*",
         "return an Error, or SJ_CHECK an invariant"),
    word(r"\bcatch\b", r"src/(?!kernel/|app/)" + BUT_TESTS + ".*",
         "only where a unit of work starts: app and kernel"),
    word(r"\btemplate\b", r"src/[^/]+/api\.h", "doors compile fast: no templates in api.h"),
]

INCLUDE = re.compile(r"^[ \t]*#[ \t]*include\s*<([^>]+)>", re.M)
SLOW_HEADERS = ("regex", "iostream", "ranges", "filesystem")
TEST_LIBRARIES = ("gtest/", "rapidcheck/", "rapidcheck.h")
# The compiler's own <x.h> and everything with a folder is somebody else's.
THIRD_PARTY = re.compile(r".*/.*|.*\.hp?p?$|sqlite3.*|libpq.*")
THIRD_PARTY_HOMES = re.compile(
    r"src/kernel/[^/]+/[^/]+\.cpp|src/app/[^/]+\.cpp|src/kernel/json/(json|encode|schema)\.h")
# The one header of ours that brings a library with it: describing structs needs it.
JSON_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include\s*"kernel/json/', re.M)
JSON_FREE = r"src/(?!kernel/json/).*\.h"

# Written apart so that this file does not find itself.
LEFTOVER = re.compile(r"\b(" + "TO" + "DO|FIX" + r"ME|XX" + r"X)\b(?!\(#\d+\))")
LEFTOVER_IN = r"(?!web/package-lock\.json$).*\.(h|cpp|py|sh|ts|vue|js|css|html|md|txt|json|sql)|dev"
NOLINT = re.compile(r"NOLINT(?!END)\w*(?!\w|\([\w.,-]+\): \S)")
DEAD_CODE = re.compile(r"^[ \t]*//[ \t]*[\w:.>-]+(?:\s+\w+)?\s*(?:\([^()]*\)|=[^=].*);\s*$", re.M)
MACHINE_PATH = re.compile(r"(?<![\w.)}\]])/(?:work|home|root|Users)/\w")


def check(tree):
    breaches = []
    for path in tree.paths(CPP):
        text = tree.text(path)
        code = only_code(text)
        for banned in WORDS:
            if re.fullmatch(banned.where, path):
                breaches += [Breach(path, line, f"'{match[0].strip()}': {banned.instead}")
                             for line, match in find_all(banned.pattern, code)]
        for line, match in find_all(INCLUDE, without_comments(text)):
            problem = include_problem(path, match[1])
            if problem:
                breaches.append(Breach(path, line, f"<{match[1]}>: {problem}"))
        if re.fullmatch(JSON_FREE, path):
            breaches += [Breach(path, line, "kernel/json costs seconds: include it in the .cpp")
                         for line, _ in find_all(JSON_INCLUDE, without_comments(text))]
        breaches += [Breach(path, line, "write NOLINT(check-name): reason")
                     for line, _ in find_all(NOLINT, text)]
        breaches += [Breach(path, line, "code in a comment: delete it, git keeps it")
                     for line, _ in find_all(DEAD_CODE, text)]
    for path in tree.paths(LEFTOVER_IN):
        text = tree.text(path)
        breaches += [Breach(path, line, f"{match[0]} without an issue: write {match[0]}(#12)")
                     for line, match in find_all(LEFTOVER, text)]
        breaches += [Breach(path, line, "a folder of somebody's machine; write it relative")
                     for line, _ in find_all(MACHINE_PATH, text)]
    return breaches


def include_problem(path, header):
    if path.startswith("bench/"):
        return None
    if header.startswith("gmock/"):
        return "write a fake; gmock costs seconds a file"
    if header.startswith(TEST_LIBRARIES):
        return None if path.endswith("_test.cpp") else "only in *_test.cpp"
    if header.startswith("benchmark/"):
        return None if path.endswith("_bench.cpp") else "only in *_bench.cpp and bench/"
    if path.endswith(".h") and header in SLOW_HEADERS:
        return "slow to compile; include it in the .cpp"
    if THIRD_PARTY.fullmatch(header) and not THIRD_PARTY_HOMES.fullmatch(path):
        return "third-party headers only in .cpp files of kernel and app"
    return None


GOOD = {
    "src/kernel/time/clock.cpp": "#include <chrono>\nauto t = std::chrono::system_clock::now();\n",
    "src/kernel/json/json.cpp": "#include <boost/json.hpp>\nvoid f() { try { } catch (...) { throw; } }\n",
    "src/kernel/json/json.h": "#include <boost/describe.hpp>\n",
    "src/kernel/base/check.h": "#include <stdexcept>\n",
    "src/app/main.cpp": "#include <iostream>\n#include <CLI/CLI.hpp>\nint main() { try {} catch (...) {} }\n",
    "src/draw/api.h": "#include <string>\n/// Never throws; no template, no std::format.\nvoid f();\n",
    "src/draw/draw.cpp": '#include <vector>\n#include "kernel/json/json.h"\n// rand() is not used here\nauto s = "throw catch rand()";\n'
                         "int time_of(int);  // no clock\nint x = 1'000 + time_of(0) + grand(1);\n"
                         "int y = zone.time(0);\n"
                         "// NOLINTNEXTLINE(bugprone-x): it is wrong here\n// NOLINTEND(bugprone-x)\n"
                         "// Later than the first; see above.\n/// For example `f(1);`\n",
    "src/draw/draw_test.cpp": "#include <gtest/gtest.h>\n#include <rapidcheck/gtest.h>\n"
                              "void f() { try { } catch (...) { } }\n",
    "bench/x.cpp": "#include <benchmark/benchmark.h>\n#include <lemon/list_graph.h>\n",
    "README.md": "See src/app/main.cpp, a page under https://example.org/home/x.\n",
    "tools/x.py": "# TO" + "DO(#12): more\n",
}
DRAW = "src/draw/x.cpp"
BAD = [
    ({DRAW: "auto t = std::chrono::system_clock::now();\n"}, "take a Clock&"),
    ({DRAW: "auto t = time(nullptr);\n"}, "take a Clock&"),
    ({DRAW: "auto t = std::time(0);\n"}, "take a Clock&"),
    ({DRAW: "int a;\nint i = rand();\n"}, "x.cpp:2: 'rand(': chance comes from a seed"),
    ({DRAW: "std::random_device device;\n"}, "chance comes from a seed"),
    ({DRAW: "std::expected<int, int> f();\n"}, "use Result"),
    ({"src/kernel/json/x.cpp": 'auto s = std::format("x");\n'}, "append strings"),
    ({DRAW: "for (int i : v | std::views::reverse) {}\n"}, "write the loop"),
    ({"src/kernel/base/x.h": "void f(std::source_location);\n"}, "use SJ_CHECK"),
    ({DRAW: "void f() { throw 1; }\n"}, "return an Error"),
    ({"src/engines/allocate/x.cpp": "void f() { try {} catch (int) {} }\n"}, "a unit of work starts"),
    ({"src/draw/api.h": "template <class T> void f(T);\n"}, "no templates in api.h"),
    ({"src/kernel/base/x.h": "#include <iostream>\n"}, "slow to compile"),
    ({"src/kernel/base/x.h": "#include <boost/json.hpp>\n"}, "third-party headers only"),
    ({"src/draw/x.h": '#include "kernel/json/json.h"\n'}, "include it in the .cpp"),
    ({"src/kernel/json/x.h": "#include <boost/json.hpp>\n"}, "third-party headers only"),
    ({"src/draw/x.h": "#include <sqlite3.h>\n"}, "third-party headers only"),
    ({DRAW: "#include <openssl/sha.h>\n"}, "third-party headers only"),
    ({"src/engines/allocate/x.cpp": "#include <unistd.h>\n"}, "third-party headers only"),
    ({DRAW: "#include <gtest/gtest.h>\n"}, "only in *_test.cpp"),
    ({DRAW: "#include <benchmark/benchmark.h>\n"}, "only in *_bench.cpp"),
    ({"src/draw/draw_test.cpp": "#include <gmock/gmock.h>\n"}, "write a fake"),
    ({DRAW: "int a;  // NOLINT\n"}, "NOLINT(check-name): reason"),
    ({DRAW: "int a;  // NOLINT(bugprone-x)\n"}, "NOLINT(check-name): reason"),
    ({DRAW: "// x = f(1);\n"}, "code in a comment"),
    ({DRAW: "  // draw.run(seed);\n"}, "code in a comment"),
    ({DRAW: "// FIX" + "ME\n"}, "without an issue"),
    ({"tools/x.py": "# TO" + "DO: more\n"}, "without an issue"),
    ({"README.md": "Look into /ho" + "me/li/src.\n"}, "somebody's machine"),
]
