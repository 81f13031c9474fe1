"""What the benchmarks of the server share: starting it, logging in, asking, and reading /proc."""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import time
import urllib.parse
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "build" / "release" / "shuangjian"
PASSWORD = "shuangjian-demo"
TICK = os.sysconf("SC_CLK_TCK")


def need(*programs):
    """Ends the script unless all of these are installed."""
    path = os.environ.get("PATH", "") + ":/usr/sbin"
    missing = [name for name in programs if not shutil.which(name, path=path)]
    if missing:
        sys.exit("not installed: " + " ".join(missing))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run(command, **options):
    """Runs it; gives (wall s, CPU s of it and its children, output). Ends the script if it fails."""
    before = os.times()
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True,
                          check=False, **options)
    after = os.times()
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    cpu = (after.children_user - before.children_user
           + after.children_system - before.children_system)
    return after.elapsed - before.elapsed, cpu, done.stdout


def make_demo(program, arguments, *options):
    return run([program, "demo", *arguments, *options])


def status_of(pid, field):
    """A field of /proc/PID/status in KiB, such as VmRSS."""
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    return int(re.search(rf"^{field}:\s+(\d+)", text, re.M)[1])


def private_kib(pid):
    """Memory that is this process's alone: without what it maps of files and shares."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    return sum(int(kib) for kib in re.findall(r"^Private_(?:Clean|Dirty):\s+(\d+)", text, re.M))


def cpu_of(pid):
    """CPU seconds of a process so far, all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rsplit(")", 1)[1]
    user, system = fields.split()[11:13]
    return (int(user) + int(system)) / TICK


class Served:
    """Our server, pinned to `core` when one is given."""

    def __init__(self, program, store, core=None, tls=None, threads=1):
        self.port = free_port()
        command = ["taskset", "-c", str(core)] if core is not None else []
        command += [program, "serve", *store, "--listen", f"127.0.0.1:{self.port}",
                    "--threads", threads]
        if tls:
            command += ["--tls-certificate", tls[0], "--tls-key", tls[1]]
        self.context = ssl._create_unverified_context() if tls else None  # our own certificate
        self.cookie = self.csrf = None
        self.line = None
        began = time.monotonic()
        # taskset becomes the program, so that this is its process.
        self.process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        self.pid = self.process.pid
        while True:
            try:
                if self.ask("GET", "/healthz")[0] == 200:
                    break
            except OSError:
                self.line = None
            if self.process.poll() is not None or time.monotonic() - began > 60:
                self.stop()
                sys.exit("the server did not start")
            time.sleep(0.002)
        self.start_s = time.monotonic() - began

    @property
    def url(self):
        return f"{'https' if self.context else 'http'}://127.0.0.1:{self.port}"

    def ask(self, method, target, body=None, headers=None):
        """(status, headers, body) over a connection that is kept."""
        if self.line is None:
            self.line = (http.client.HTTPSConnection("127.0.0.1", self.port, timeout=600,
                                                     context=self.context) if self.context
                         else http.client.HTTPConnection("127.0.0.1", self.port, timeout=600))
        sent = dict(headers or {})
        if self.cookie:
            sent["Cookie"] = self.cookie
            if method != "GET":
                sent["X-CSRF-Token"] = self.csrf
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        self.line.request(method, urllib.parse.quote(target, safe="/?&=%"), body, sent)
        reply = self.line.getresponse()
        return reply.status, reply, reply.read()

    def json(self, method, target, body=None):
        text = json.dumps(body) if body is not None else None
        status, _, content = self.ask(method, target, text)
        if status >= 400:
            sys.exit(f"{method} {target}: {status} {content[:500]!r}")
        return json.loads(content) if content else None

    def log_in(self, username):
        status, reply, content = self.ask("POST", "/api/session",
                                          json.dumps({"username": username, "password": PASSWORD}))
        if status != 200:
            sys.exit(f"log in as {username}: {status} {content[:300]!r}")
        self.cookie = reply.getheader("Set-Cookie").split(";")[0]
        self.csrf = json.loads(content)["csrf"]

    def metric(self, name):
        return int(re.search(rf"^{name} (\d+)", self.ask("GET", "/metrics")[2].decode(), re.M)[1])

    def stop(self):
        if self.line is not None:
            self.line.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


median = statistics.median


def quantile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def spread(values, form="{:.2f}"):
    """A median with the range of the rounds."""
    return f"{form.format(median(values))} ({form.format(min(values))} to {form.format(max(values))})"


def ms(seconds):
    return f"{seconds * 1000:.2f} ms" if seconds < 0.0995 else f"{seconds * 1000:.0f} ms"
