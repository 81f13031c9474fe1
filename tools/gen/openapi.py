#!/usr/bin/env python3
"""Writes web/openapi.json, as the program tells its endpoints, and the types of the pages made of it.

    tools/gen/openapi.py [--program build/release/shuangjian] [--check]

With --check it writes nothing: it says where the two files differ from what they should be, and
lints the document (web/redocly.yaml). Ends with "N passed, N failed".
"""
import argparse
import difflib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / "web"
DOCUMENT = WEB / "openapi.json"
TYPES = WEB / "src" / "gen" / "api.ts"
# The linter of another house: no word home, and no look for a newer one.
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}


def document_of(program):
    """Readable in a review: the program's own bytes are one line."""
    told = subprocess.run([program, "openapi"], check=True, capture_output=True).stdout
    return json.dumps(json.loads(told), ensure_ascii=False, indent=1) + "\n"


def types_of(document):
    with tempfile.TemporaryDirectory(prefix="sj-openapi-") as folder:
        source, made = Path(folder) / "openapi.json", Path(folder) / "api.ts"
        source.write_text(document, encoding="utf8")
        subprocess.run(["npx", "--no-install", "openapi-typescript", str(source), "-o", str(made)],
                       cwd=WEB, check=True, stdout=subprocess.DEVNULL)
        return made.read_text(encoding="utf8")


def is_fresh(path, wanted):
    there = path.read_text(encoding="utf8") if path.exists() else ""
    if there == wanted:
        return True
    name = str(path.relative_to(ROOT))
    print(f"FAILED {name} is not what the program tells: ./dev gen")
    changes = difflib.unified_diff(there.splitlines(), wanted.splitlines(), name, "wanted", "", "",
                                   0, "")
    print("\n".join(list(changes)[:40]))
    return False


def lints(document):
    with tempfile.TemporaryDirectory(prefix="sj-openapi-") as folder:
        source = Path(folder) / "openapi.json"
        source.write_text(document, encoding="utf8")
        done = subprocess.run(
            ["npx", "--no-install", "redocly", "lint", str(source), "--config", "redocly.yaml"],
            cwd=WEB, env={**os.environ, **QUIET}, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(f"FAILED the document is not sound:\n{done.stdout}{done.stderr}")
    return done.returncode == 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default=str(ROOT / "build/release/shuangjian"))
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    document = document_of(options.program)
    types = types_of(document)
    if not options.check:
        DOCUMENT.write_text(document, encoding="utf8")
        TYPES.parent.mkdir(exist_ok=True)
        TYPES.write_text(types, encoding="utf8")
    held = [is_fresh(DOCUMENT, document), is_fresh(TYPES, types), lints(document)]
    print(f"{sum(held)} passed, {held.count(False)} failed")
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
