#!/usr/bin/env python3
"""The project's own lint rules. Prints breaches as path:line: message; exit status 1 if any.

    tools/tidy/run.py               checks the project
    tools/tidy/run.py --self-test   shows every rule passing on a good project and failing on bad ones

A rule is a module with check(tree) -> breaches, GOOD (a project without any, as {path: text}) and
BAD (changes to it, each with what the breaches say: one text, or a list if there are several;
a file whose text is None is removed).
"""
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import docs  # noqa: E402
import errors  # noqa: E402
import headers  # noqa: E402
import rooms  # noqa: E402
import words  # noqa: E402
from common import Tree  # noqa: E402

RULES = [rooms, words, docs, errors, headers]
ROOT = Path(__file__).resolve().parent.parent.parent


def check_project():
    tree = Tree.of_git(ROOT)
    breaches = [breach for rule in RULES for breach in rule.check(tree)]
    for breach in sorted(breaches):
        print(breach)
    return 1 if breaches else 0


def changed(files, change):
    return Tree({path: text for path, text in {**files, **change}.items() if text is not None})


def as_wanted(breaches, wanted):
    """Whether there is one breach for each text, in any order, and no other."""
    left = [str(breach) for breach in breaches]
    for text in wanted:
        found = next((breach for breach in left if text in breach), None)
        if found is None:
            return False
        left.remove(found)
    return not left


def self_test():
    passed = failed = 0
    for rule in RULES:
        for change, wanted in [({}, [])] + rule.BAD:
            wanted = [wanted] if isinstance(wanted, str) else wanted
            breaches = rule.check(changed(rule.GOOD, change))
            if as_wanted(breaches, wanted):
                passed += 1
            else:
                failed += 1
                print(f"{rule.__name__}: {change}\n  wanted {wanted}\n  got    "
                      f"{[str(breach) for breach in breaches]}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(self_test() if sys.argv[1:] == ["--self-test"] else check_project())
