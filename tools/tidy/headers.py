"""Every header compiles alone, so that the order of includes never matters."""
import os
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from common import Breach


def check(tree):
    headers = tree.paths(r"src/.*\.h")
    with tempfile.TemporaryDirectory() as root:
        for path in headers:
            copy = Path(root, path)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(tree.files[path])
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return [breach for breach in pool.map(lambda path: compile_alone(root, path), headers)
                    if breach]


def compile_alone(root, path):
    included = path.removeprefix("src/")
    done = subprocess.run(
        ["g++", "-std=c++20", "-fsyntax-only", "-fmax-errors=1", "-Isrc", "-x", "c++", "-"],
        cwd=root, input=f'#include "{included}"\n', text=True, capture_output=True, check=False)
    if done.returncode == 0:
        return None
    first = next((line for line in done.stderr.splitlines() if "error:" in line), "no message")
    return Breach(path, 0, f"does not compile alone: {first}")


GOOD = {
    "src/kernel/base/a.h": "#pragma once\n#include <string>\nstd::string f();\n",
    "src/kernel/base/b.h": '#pragma once\n#include "kernel/base/a.h"\n',
}
BAD = [
    ({"src/kernel/base/c.h": "#pragma once\nstd::string f();\n"}, "c.h:0: does not compile alone"),
]
