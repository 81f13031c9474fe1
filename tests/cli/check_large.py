"""Files of 200 MB: one is read and drawn, broken ones fail cleanly and soon."""
import os
import random
import time

from check_errors import refused
from common import draw, run, scratch

SIZE = 200_000_000
SECTIONS, WISHES = 2000, 10


def write_instance(path, rng):
    """An instance of SIZE bytes; gives the number of students."""
    courses = ",\n".join(f'{{"id":"第{i:04d}班","cap":400,"slot":"{i % 5}"}}'
                         for i in range(SECTIONS))
    lists = []
    for _ in range(5000):
        wishes = ",".join(f'"第{i:04d}班"' for i in rng.sample(range(SECTIONS), WISHES))
        lists.append(f'"quota":2,"prefs":[{wishes}]}}')
    students = 0
    with path.open("w", encoding="utf8") as out:
        out.write(f'{{"courses":[{courses}],\n"students":[')
        while out.tell() < SIZE:
            block = ",\n".join(f'{{"id":"s{students + i:07d}","lottery":{students + i},{wishes}'
                               for i, wishes in enumerate(lists))
            out.write(block if students == 0 else ",\n" + block)
            students += len(lists)
        out.write("]}\n")
    return students


def broken_files(path, folder):
    """(what, file, place) of files of about SIZE bytes that are not instances."""
    size = os.path.getsize(path)
    with path.open("rb+") as file:
        for what, cut in (("cut before the end", size - 3), ("cut in the middle", size // 2 + 1)):
            file.truncate(cut)
            yield what, path, "the text ends here"
        file.seek(size // 4)
        file.write(b"\xff\xfe")
        yield "not UTF-8 in the middle", path, "line "
    path.unlink()
    junk = folder / "junk.json"
    rng = random.Random(1)
    for what, block in (("zeros", b"\0" * 1_000_000), ("random bytes", rng.randbytes(1_000_000)),
                        ("open brackets", b'{"courses":[' + b"[" * 999_988),
                        ("one long text", b'{"name":"' + b"a" * 999_991),
                        ("spaces", b" " * 1_000_000), ("line breaks", b"\n" * 1_000_000)):
        with junk.open("wb") as file:
            file.write(block)
            for _ in range(SIZE // 1_000_000 - 1):
                file.write(block if what == "random bytes" else block[-1:] * 1_000_000)
        yield what, junk, "line "


def checks(tally, rng):
    with scratch() as folder:
        path, out = folder / "large.json", folder / "result.json"
        students = write_instance(path, rng)
        began = time.monotonic()
        done = draw(path, "stable", "00", more=["--out", out])
        taken = time.monotonic() - began
        tally.check(done.status == 0, f"a file of 200 MB: exit {done.status}: {done.err[:300]}")
        if tally.check(out.exists(), "a file of 200 MB has a result"):
            start = out.open("rb").read(200)
            tally.check(start.startswith(b'{"algorithm":"stable-2","assignment":{"s0000000":['),
                        f"the result of 200 MB begins {start!r}")
            print(f"  {students} students: drawn in {taken:.1f} s", flush=True)
            verified = run("draw", "verify", "--in", path, "--result", out)
            tally.check(verified.status == 0, f"verify of 200 MB: {verified.err[:300]}")
            out.unlink()
        for what, file, place in broken_files(path, folder):
            began = time.monotonic()
            done = draw(file, "stable", "00", more=["--out", out])
            refused(tally, what, done, file, "json.syntax", place)
            taken = time.monotonic() - began
            tally.check(taken < 20 and not out.exists(), f"{what}: {taken:.1f} s, or a result")
