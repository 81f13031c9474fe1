#!/usr/bin/env python3
"""Importing 20,000 pupils beside `sqlite3 .import` of the same rows, and making the demo district.

    bench/import_vs_sqlite.py [PROGRAM] [--pupils N] [--rounds N]

Imports by the command line, whole: read, compare, preview, read and compare again, seal, write, put in
the trail, one commit. The roster (.csv) is the demo's own pupils with ID numbers and two guardians with
telephones; OneRoster is what the demo exports. Both go into a store that has the district and nothing
else; the roster goes in a second time, when nothing changes. Peers, in the same rounds, both with WAL
and synchronous=FULL: (a) `.import` of the same file, or files, into plain tables of text; (b) `.import`
of every row that our import stored, into the same tables with the same keys and indexes: what SQLite
itself asks for the rows we keep.
"""
import argparse
import csv
import os
import random
import shutil
import sqlite3
import sys
import tempfile
import zipfile
from pathlib import Path

sys.path.insert(0, os.path.dirname(__file__))
from served import PROGRAM, Served, make_demo, median, need, run, spread  # noqa: E402

RELATIONS = {"father": "父亲", "mother": "母亲", "grandfather": "爷爷", "grandmother": "奶奶", "other": "其他"}
GRADES = "一二三四五六七八九"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def resident_number(birth_day, sex, serial):
    digits = f"430198{birth_day.replace('-', '')}{serial * 2 % 1000 + (sex == 1):03}"
    return digits + "10X98765432"[sum(int(d) * w for d, w in zip(digits, WEIGHTS)) % 11]


def write_roster(store, path):
    """The demo's pupils as a roster sheet; gives their number."""
    dice = random.Random(3)
    guardians = {}
    for pupil, name, relation in store.execute(
            "SELECT g.pupil_id, n.name, g.relation FROM org_guardianship g JOIN org_person n "
            "ON n.area_id = g.area_id AND n.id = g.guardian_id ORDER BY g.pupil_id, g.position"):
        guardians.setdefault(pupil, []).append((name, RELATIONS[relation]))
    used, count = set(), 0
    with open(path, "w", newline="", encoding="utf8") as out:
        sheet = csv.writer(out)
        sheet.writerow(["学校", "学校标识码", "年级", "班级", "姓名", "性别", "出生日期", "身份证号", "学籍号", "民族",
                        "学号", "监护人1姓名", "监护人1关系", "监护人1电话", "监护人2姓名", "监护人2关系", "监护人2电话"])
        for school, code, stage, year, number, pupil, name, sex, birth_day, local_no in store.execute(
                "SELECT s.name, s.code, c.stage, c.entry_year, c.number, n.id, n.name, n.sex, n.birth_day, "
                "p.local_no FROM org_membership m JOIN org_school s ON s.id = m.school_id "
                "JOIN org_class c ON c.id = m.class_id JOIN org_person n ON n.id = m.person_id "
                "JOIN org_pupil p ON p.person_id = n.id WHERE m.until_day IS NULL ORDER BY m.id"):
            number_of = resident_number(birth_day, sex, dice.randrange(500))
            while number_of in used:
                number_of = resident_number(birth_day, sex, dice.randrange(500))
            used.add(number_of)
            row = [school, code, GRADES[2026 - year + (6 if stage == "junior" else 0)] + "年级", f"{number}班",
                   name, "男" if sex == 1 else "女", birth_day, number_of, "G" + number_of, "汉族", local_no]
            for guardian, relation in guardians.get(pupil, [])[:2]:
                row += [guardian, relation, f"160{dice.randrange(10**8):08}"]
            sheet.writerow(row + [""] * (17 - len(row)))
            count += 1
    return count


def import_plain(files, folder):
    """(a): CSV files into a table of text each, by the sqlite3 program."""
    database = folder / "plain.db"
    database.unlink(missing_ok=True)
    script = "PRAGMA journal_mode=WAL;\nPRAGMA synchronous=FULL;\n.mode csv\n.bail on\n"
    script += "".join(f".import '{file}' {file.stem}\n" for file in files)
    return run(["sqlite3", database], input=script)[:2]


def dump_tables(store, folder):
    """Every table that has rows as a CSV, with a script that makes and fills the same tables."""
    before, fill = "", ""
    database = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    for name, sql in database.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").fetchall():
        before += sql + ";\n"
        kinds = [(column[1], column[2]) for column in database.execute(f"PRAGMA table_info({name})")]
        # Bytes have no spelling in CSV: as half as many characters, which cost the same to store.
        columns = ", ".join(f"substr(hex({c}), 1, length({c}))" if kind == "BLOB" else c for c, kind in kinds)
        rows = database.execute(f"SELECT {columns} FROM {name}").fetchall()
        if not rows or name == "org_import":  # the file and its preview, a row of megabytes
            continue
        with open(folder / f"{name}.csv", "w", newline="", encoding="utf8") as out:
            csv.writer(out).writerows(rows)
        fill += f".import '{folder / (name + '.csv')}' {name}\n"
    # Bytes come back as text, and nothing as the empty text.
    before = before.replace(") STRICT", ")").replace(" BLOB", " TEXT")
    for sql, in database.execute("SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"):
        before += sql.replace(" IS NULL", " = ''") + ";\n"
    return (f"PRAGMA journal_mode=WAL;\nPRAGMA synchronous=FULL;\nPRAGMA cache_size=-64000;\n{before}"
            f"BEGIN;\n.mode csv\n.bail on\n{fill}COMMIT;\n")


def import_same_tables(script, folder):
    """(b)"""
    database = folder / "same.db"
    database.unlink(missing_ok=True)
    return run(["sqlite3", database], input=script)[:2]


def district_only(program, folder):
    """A store with a district and its administrator."""
    shutil.rmtree(folder, ignore_errors=True)
    run([program, "admin", "create", "--data", folder, "--area", "430198", "--area-name", "星河区",
         "--username", "root", "--name", "邓志远"])


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("program", nargs="?", type=Path, default=PROGRAM)
    arguments.add_argument("--pupils", type=int, default=20_000)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--keep", type=Path, help="put roster.csv there, for import_bench")
    given = arguments.parse_args()
    need("sqlite3")
    with tempfile.TemporaryDirectory(prefix="sj-bench-") as name:
        compare(given, Path(name))


def compare(given, folder):
    demo = folder / "demo"
    made = []
    for _ in range(given.rounds):
        shutil.rmtree(demo, ignore_errors=True)
        made.append(make_demo(given.program, ["--data", demo], "--pupils", given.pupils))
    pupils = write_roster(sqlite3.connect(demo / "store.db"), folder / "roster.csv")
    if given.keep:
        shutil.copy(folder / "roster.csv", given.keep)
    server = Served(given.program, ["--data", demo])
    try:
        server.log_in("office")
        (folder / "oneroster.zip").write_bytes(server.ask("POST", "/api/org/export/oneroster.zip")[2])
    finally:
        server.stop()
    (folder / "oneroster").mkdir()
    zipfile.ZipFile(folder / "oneroster.zip").extractall(folder / "oneroster")

    cases = {"roster .csv": ("roster", folder / "roster.csv", [folder / "roster.csv"]),
             "OneRoster": ("oneroster", folder / "oneroster",
                           sorted((folder / "oneroster").glob("*.csv")))}
    print(f"{pupils:,} pupils; wall s, CPU s in brackets; medians of {given.rounds} interleaved rounds\n\n"
          f"`demo`: {spread([wall for wall, _, _ in made])} s, CPU {spread([cpu for _, cpu, _ in made])} s\n\n"
          "| import | ours | again, nothing changes | (a) .import of the file | ours / (a) "
          "| (b) .import of the rows we store | ours / (b) | stored rows |\n|---|---|---|---|---|---|---|---|")
    for title, (form, path, files) in cases.items():
        ours, again, plain, same, script, rows = [], [], [], [], None, 0
        for _ in range(given.rounds):
            store = folder / "store"
            district_only(given.program, store)
            command = [given.program, "import", form, path, "--data", store]
            ours.append(run(command))
            if "imported" not in ours[-1][2]:
                sys.exit(ours[-1][2])
            again.append(run(command))
            if script is None:
                (folder / "tables").mkdir(exist_ok=True)
                script = dump_tables(store / "store.db", folder / "tables")
                rows = sum(text.read_text(encoding="utf8").count("\n")
                           for text in (folder / "tables").glob("*.csv"))
            plain.append(import_plain(files, folder))
            same.append(import_same_tables(script, folder))
        shutil.rmtree(folder / "tables")

        def cell(times):
            return f"{median([t[0] for t in times]):.2f} ({median([t[1] for t in times]):.2f})"

        def ratio(peer):
            return (f"**{median([a[0] / b[0] for a, b in zip(ours, peer)]):.1f}** "
                    f"(CPU {median([a[1] / b[1] for a, b in zip(ours, peer)]):.1f})")

        print(f"| {title} | {cell(ours)} | {cell(again)} | {cell(plain)} | {ratio(plain)} "
              f"| {cell(same)} | {ratio(same)} | {rows:,} |", flush=True)


if __name__ == "__main__":
    main()
