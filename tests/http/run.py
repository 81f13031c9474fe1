#!/usr/bin/env python3
"""Runs the cases in tests/http/<room>/*.http against a real server, a fresh store for each file.

    python3 tests/http/run.py [--pg] [--restart] [--golden] [--program PATH] [PATTERN...]

A file is a story told line by line:

    # a clerk of another school sees nothing            the name of what follows
    clock 2026-10-12T08:00+08:00                        the time of the requests below
    as clerk1                                           whose cookies; a login of the demo, or a name
    GET /api/org/schools                                a request; its body follows as JSON, also
    POST /api/org/streets {"code": "1", "name": "x"}    over several lines
    201 {"id": "<id>"}                                  the reply expected

Besides what a story expects, every exchange must be what the server's OpenAPI document says of it:
replies always, bodies when they were accepted (schema.py).

In an expectation `<id>`, `<time>`, `<day>`, `<text>` and `<any>` match what they say, `<=name>` matches
anything and keeps it for `{name}` in later requests and expectations, and a member "..." lets other
members be there; a refusal (400 and above) may always have more members. `restart` starts the server
anew, `run ARGUMENTS` gives the program a command on this store and keeps a password it prints as
{password}, `until` asks the next request again until its reply is as expected (ten seconds at most),
`repeat N` asks it N times, `key NAME` gives the next request an Idempotency-Key, `header NAME VALUE` a header. With
--restart the server is started anew before every request; with --pg the store is PostgreSQL
(SJ_TEST_PG); --golden rewrites expectations from what was answered. Ends with "N passed, N failed".
"""
import argparse
import http.client
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

sys.path.insert(0, os.path.dirname(__file__))
from schema import Document  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "tests" / "http"
PASSWORD = "shuangjian-demo"
DEMO = ["--seed", "http", "--schools", "3", "--pupils", "150", "--on", "2026-10-12"]
REQUEST = re.compile(r"^(GET|HEAD|POST|PUT|PATCH|DELETE) (\S+)(?:\s+(.*))?$")
REPLY = re.compile(r"^(\d{3})(?:\s+(.*))?$")
WILD = {
    "<id>": re.compile(r"[1-9]\d*"),
    "<time>": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+08:00"),
    "<day>": re.compile(r"\d{4}-\d\d-\d\d"),
    "<text>": re.compile(r".+", re.S),
}


class Failed(Exception):
    pass


class Store:
    """A copy of the demo for one file."""

    def __init__(self, template, postgres):
        self.folder = Path(tempfile.mkdtemp(prefix="sj-http-"))
        self.postgres = postgres
        if postgres:
            self.name = f"http_{os.getpid()}_{time.monotonic_ns()}"
            psql(postgres, f'CREATE DATABASE {self.name} TEMPLATE {template["database"]}')
            shutil.copy(template["key"], self.folder / "key")
            self.arguments = ["--database", with_database(postgres, self.name),
                              "--key", str(self.folder / "key")]
        else:
            shutil.copytree(template["folder"], self.folder / "data")
            self.arguments = ["--data", str(self.folder / "data")]

    def remove(self):
        if self.postgres:
            psql(self.postgres, f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")
        shutil.rmtree(self.folder, ignore_errors=True)


def with_database(url, name):
    parts = urllib.parse.urlsplit(url)
    return urllib.parse.urlunsplit(parts._replace(path="/" + name))


def psql(url, statement):
    subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", statement], check=True)


class Server:
    def __init__(self, program, arguments, environment=None):
        self.program, self.arguments = program, arguments
        self.start(environment)

    @classmethod
    def unstarted(cls, program, arguments):
        server = cls.__new__(cls)
        server.program, server.arguments = program, arguments
        return server

    def start(self, environment=None):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [self.program, "serve", *self.arguments, "--listen", f"127.0.0.1:{self.port}",
             "--test-clock"], stdout=self.log, stderr=self.log,
            env={**os.environ, **(environment or {})})
        for _ in range(400):
            try:
                status, _, _ = self.ask("GET", "/healthz", None, {})
                if status == 200:
                    return
            except OSError:
                pass
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise Failed("the server did not start:\n" + self.output())

    def output(self):
        self.log.seek(0)
        return self.log.read().decode("utf8", "replace")[-3000:]

    def ask(self, method, target, body, headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, target, body, headers)
            reply = connection.getresponse()
            return reply.status, reply.getheaders(), reply.read()
        finally:
            connection.close()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise Failed("the server did not stop when told to") from None


class Person:
    """Somebody with cookies, like a browser."""

    def __init__(self):
        self.jar = {}
        self.csrf = None

    @property
    def cookie(self):
        return "; ".join(f"{name}={value}" for name, value in self.jar.items())

    def keep(self, headers):
        for name, value in headers:
            if name.lower() == "set-cookie":
                cookie, _, kept = value.split(";")[0].partition("=")
                self.jar[cookie] = kept
                if not kept:
                    del self.jar[cookie]


class Story:
    def __init__(self, path, program, template, options):
        self.path, self.options = path, options
        self.store = Store(template, options.pg)
        self.server = None
        self.people, self.kept = {}, {}
        self.clock = "2026-10-12T08:00:00+08:00"
        self.who = Person()
        self.headers = {}
        self.until = False
        self.times = 1
        self.is_repeated = False  # the same request once more, on the same server
        self.program = program
        self.passed = self.failed = 0
        self.document = None

    def run(self):
        lines = self.path.read_text(encoding="utf8").split("\n")
        name, changed = "(no name)", False
        index = 0
        try:
            self.server = Server(self.program, self.store.arguments)
            self.document = Document(json.loads(
                self.server.ask("GET", "/api/openapi.json", None, {})[2]))
            while index < len(lines):
                line = lines[index]
                index += 1
                if line.startswith("#"):
                    name = line[1:].strip()
                elif line.startswith("clock "):
                    self.clock = line[6:].strip()
                elif line.startswith("as "):
                    self.become(line[3:].strip())
                elif line.strip() == "until":
                    self.until = True
                elif line.startswith("repeat "):
                    self.times = int(line[7:])
                elif line.strip() == "restart":
                    self.server.stop()
                    self.server.start()
                elif line.startswith("run "):
                    self.command(line[4:].strip())
                elif line.startswith("key "):
                    self.headers["Idempotency-Key"] = self.fill(line[4:].strip())
                elif line.startswith("header "):
                    header, _, value = line[7:].partition(" ")
                    self.headers[header] = self.fill(value)
                elif REQUEST.match(line):
                    index, ok, rewritten = self.exchange(name, lines, index - 1)
                    changed = changed or rewritten
                    self.passed += ok
                    self.failed += not ok
                    if not ok and not self.options.golden:
                        break  # what follows stands on it
                elif line.strip():
                    raise Failed(f"line {index}: cannot read: {line}")
        except Failed as fault:
            print(f"FAILED {self.path.relative_to(ROOT)}: {name}: {fault}")
            self.failed += 1
        finally:
            try:
                if self.server:
                    self.server.stop()
            except Failed as fault:
                print(f"FAILED {self.path.relative_to(ROOT)}: {fault}")
                self.failed += 1
            self.store.remove()
        if changed:
            self.path.write_text("\n".join(lines), encoding="utf8")

    def become(self, name):
        if name == "nobody":
            self.who = Person()
            return
        if name not in self.people:
            self.people[name] = self.who = Person()
            body = json.dumps({"username": name, "password": PASSWORD})
            status, _, reply = self.send("POST", "/api/session", body)
            if status == 200:
                self.who.csrf = json.loads(reply)["csrf"]
        self.who = self.people[name]

    def command(self, arguments):
        words = [self.fill(word) for word in shlex.split(arguments)]
        done = subprocess.run([self.program, *words, *self.store.arguments], capture_output=True,
                              text=True, check=False)
        if done.returncode != 0:
            raise Failed(f"run {arguments}: exit {done.returncode}: {done.stdout}{done.stderr}")
        password = re.search(r"password\s+(\S+)", done.stdout)
        if password:
            self.kept["password"] = password[1]

    def fill(self, text):
        return re.sub(r"\{([a-z_0-9]+)\}", lambda m: str(self.kept.get(m[1], m[0])), text)

    def send(self, method, target, body):
        headers = {"X-Test-Now": self.clock, **self.headers}
        self.headers = {}
        if body:
            headers.setdefault("Content-Type", "application/json")
        if self.who.cookie:
            headers["Cookie"] = self.who.cookie
        if self.who.csrf and method not in ("GET", "HEAD"):
            headers.setdefault("X-CSRF-Token", self.who.csrf)
        if self.options.restart and self.server and not self.is_repeated:
            self.server.stop()
            self.server.start()
        status, replied, content = self.server.ask(
            method, target, body.encode() if body else None, headers)
        self.who.keep(replied)
        return status, replied, content

    def exchange(self, name, lines, index):
        method, target, body = REQUEST.match(lines[index]).groups()
        start = index
        index += 1
        body = body or ""
        while index < len(lines) and not REPLY.match(lines[index]):
            body += "\n" + lines[index]
            index += 1
        if index == len(lines):
            raise Failed(f"line {start + 1}: no reply is expected of {method} {target}")
        first = index
        wanted_status, wanted = REPLY.match(lines[index]).groups()
        index += 1
        wanted = wanted or ""
        while index < len(lines) and lines[index].startswith((" ", "\t", "}", "]")):
            wanted += "\n" + lines[index]
            index += 1
        target = urllib.parse.quote(self.fill(target), safe="/?&=%:,+~-._")
        times, self.times = self.times, 1
        self.is_repeated = False
        give_up = time.monotonic() + (10 if self.until else 0)
        self.until = False
        while True:
            sent = self.fill(body.strip())
            status, replied, content = self.send(method, target, sent)
            self.is_repeated = True
            text = content.decode("utf8", "replace")
            try:
                got = json.loads(text) if text else None
            except ValueError:
                got = text
            if isinstance(got, dict) and "csrf" in got:
                self.who.csrf = got["csrf"]
            try:
                expected = json.loads(self.fill_expected(wanted)) if wanted.strip() else None
            except ValueError as fault:
                raise Failed(f"line {first + 1}: not JSON: {fault}") from None
            fault = None
            if status != int(wanted_status):
                fault = f"status {status}, not {wanted_status}"
            elif expected is not None:
                fault = self.compare(expected, got, "", status >= 400)
            fault = fault or self.told_otherwise(method, target, sent, status, replied, got)
            if fault is None:
                times -= 1
                if times == 0:
                    break
            elif time.monotonic() > give_up:
                break
            else:
                time.sleep(0.05)
        if fault is None:
            return index, True, False
        if self.options.golden:
            lines[first:index] = [f"{status} " + json.dumps(got, ensure_ascii=False)
                                  if got is not None else str(status)]
            return first + 1, True, True
        print(f"FAILED {self.path.relative_to(ROOT)}:{start + 1}: {name}\n"
              f"    {method} {target}\n    {fault}\n    got {status} {text[:1500]}")
        return index, False, False

    def told_otherwise(self, method, target, sent, status, replied, got):
        try:
            body = json.loads(sent) if sent else None
        except ValueError:
            body = None
        kind = next((value for name, value in replied if name.lower() == "content-type"), "")
        is_json = "json" in kind
        if not is_json and got is not None:
            got = ""  # a file
        return self.document.fault(method, target, body, status, kind, got)

    def fill_expected(self, text):
        return re.sub(r"\{([a-z_0-9]+)\}",
                      lambda m: str(self.kept[m[1]]) if m[1] in self.kept else m[0], text)

    def compare(self, wanted, got, where, lenient):
        if isinstance(wanted, str) and wanted.startswith("<") and wanted.endswith(">"):
            if wanted == "<any>":
                return None
            if wanted.startswith("<="):
                self.kept[wanted[2:-1]] = got
                return None
            if wanted in WILD and isinstance(got, str) and WILD[wanted].fullmatch(got):
                return None
            return f"{where}: {got!r} is no {wanted}"
        if isinstance(wanted, dict) and isinstance(got, dict):
            lenient = lenient or "..." in wanted
            for key, value in wanted.items():
                if key == "...":
                    continue
                if key not in got:
                    return f"{where}.{key} is missing"
                fault = self.compare(value, got[key], f"{where}.{key}", lenient)
                if fault:
                    return fault
            extra = [key for key in got if key not in wanted]
            return f"{where} has also {', '.join(extra)}" if extra and not lenient else None
        if isinstance(wanted, list) and isinstance(got, list):
            open_end = bool(wanted) and wanted[-1] == "..."
            items = wanted[:-1] if open_end else wanted
            if len(got) < len(items) or (len(got) > len(items) and not open_end):
                return f"{where} has {len(got)} elements, not {len(items)}"
            for index, value in enumerate(items):
                fault = self.compare(value, got[index], f"{where}[{index}]", lenient)
                if fault:
                    return fault
            return None
        return None if wanted == got else f"{where}: {got!r}, not {wanted!r}"


def make_template(program, postgres, folder):
    if postgres:
        name = f"http_template_{os.getpid()}"
        psql(postgres, f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
        key = Path(folder) / "key"
        subprocess.run([program, "demo", "--database", with_database(postgres, name), "--key",
                        str(key), *DEMO], check=True, stdout=subprocess.DEVNULL)
        return {"database": name, "key": key}
    subprocess.run([program, "demo", "--data", f"{folder}/data", *DEMO], check=True,
                   stdout=subprocess.DEVNULL)
    return {"folder": f"{folder}/data"}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("patterns", nargs="*")
    parser.add_argument("--pg", action="store_true")
    parser.add_argument("--restart", action="store_true")
    parser.add_argument("--golden", action="store_true")
    parser.add_argument("--program", default=str(ROOT / "build/release/shuangjian"))
    options = parser.parse_args()
    postgres = os.environ.get("SJ_TEST_PG") if options.pg else None
    if options.pg and not postgres:
        sys.exit("--pg needs SJ_TEST_PG: run it by tools/pg.sh with")
    options.pg = postgres
    files = [path for path in sorted(CASES.glob("*/*.http"))
             if not options.patterns or any(p in str(path) for p in options.patterns)]
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="sj-template-") as folder:
        template = make_template(options.program, postgres, folder)
        for path in files:
            story = Story(path, options.program, template, options)
            story.run()
            passed += story.passed
            failed += story.failed
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
