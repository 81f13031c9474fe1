#!/usr/bin/env python3
"""Every endpoint asked by everybody: who is let in, and that nobody else is.

    python3 tests/http/matrix.py [--golden] [--pg] [--program PATH]

The routes come from the server's own OpenAPI, the actors from the demo: each role at the place that
the ids in the paths belong to ("own"), principal, clerk, teacher and parent of another school ("other"),
the administrator of another district, and nobody. The table of statuses is tests/http/matrix.csv, read in
review like any other change. Besides, whatever the table says:
- a route that is not in the table fails, and so does a line of a route that is gone;
- who has no session gets 401 everywhere but at public routes;
- who lacks the route's permission gets 403;
- who has it, but at another school or in another district, gets 404 for a path that names something of
  the first school, whatever else is wrong: no other answer, which would tell that it exists;
- nor does a list show him anything of the first school;
- every `{...}` of a path is filled with something real of the first school, made by the API: a new one
  without a sample in prepare() fails. An id nobody has would get 404 whatever the handler forgets.
Ends with "N passed, N failed".
"""
import argparse
import csv
import io
import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
from run import CASES, PASSWORD, ROOT, Person, Server, Store, make_template  # noqa: E402

TABLE = CASES / "matrix.csv"
OWN = ["admin", "office", "street", "auditor", "data", "principal1", "clerk1", "teacher1", "parent1"]
OTHER = ["principal2", "clerk2", "teacher2", "parent2", "stranger"]  # stranger: administrator of another district
ACTORS = OWN + OTHER + ["nobody"]
SETTING = {"rule": "AS-2H", "name": "service_minutes", "value": 130, "from": "2026-09-01",
           "document": "某区教育局通知"}
EXEMPTION = {"rule": "ST-START", "from": "2026-09-01", "until": "2027-01-01", "document": "备案1号",
             "reason": "山区路远"}
KERNEL = {"/healthz", "/readyz", "/metrics"}
SKIP = {
    # Ends the session that asks, so that the next question would be asked by nobody.
    ("DELETE", "/api/session"), ("DELETE", "/api/sessions"),
}
# Belong to no school: rules are the country's, and a session is only its owner's, whoever asks.
NOBODYS = {"rule", "session"}
# What everybody in the district reads of it.
EVERYBODYS = NOBODYS | {"setting"}
# Belong to the district: whoever holds a right at a school only is told so, whatever the id.
DISTRICTS = {"officer_act"}


class Asker(Person):
    def __init__(self, server):
        super().__init__()
        self.server = server
        self.permissions = []

    def ask(self, method, path, body=None):
        headers = {"X-Test-Now": "2026-10-12T09:00:00+08:00"}
        if self.cookie:
            headers["Cookie"] = self.cookie
        if method not in ("GET", "HEAD"):
            headers["Content-Type"] = "application/json"
            if self.csrf:
                headers["X-CSRF-Token"] = self.csrf
        status, replied, content = self.server.ask(
            method, path, json.dumps(body).encode() if body is not None else None, headers)
        self.keep(replied)
        return status, content

    def must(self, wanted, method, path, body=None):
        status, content = self.ask(method, path, body)
        if status != wanted:
            raise SystemExit(f"{method} {path}: {status}, not {wanted}: {content[:400]}")
        return json.loads(content) if content else None

    def upload(self, school, text):
        status, _, content = self.server.ask(
            "POST", f"/api/org/imports?format=roster&name=a.csv&school={school}", text.encode(), {
                "X-Test-Now": "2026-10-12T09:00:00+08:00", "Cookie": self.cookie,
                "X-CSRF-Token": self.csrf, "Content-Type": "application/octet-stream"})
        if status != 201:
            raise SystemExit(f"import: {status}: {content[:400]}")
        return json.loads(content)

    def log_in(self, username, password=PASSWORD, area=None):
        body = {"username": username, "password": password}
        if area:
            body["area"] = area
        session = self.must(200, "POST", "/api/session", body)
        self.csrf, self.permissions = session["csrf"], session["permissions"]
        return self


def join(server, clerk, school_id):
    """A parent of a pupil in the first class of a school, by the way every parent takes."""
    classes = clerk.must(200, "GET", f"/api/org/schools/{school_id}/classes")["rows"]
    made = clerk.must(201, "POST", f"/api/org/classes/{classes[0]['id']}/invitations", {})["rows"]
    pupils = clerk.must(200, "GET", f"/api/org/classes/{classes[0]['id']}/pupils")["rows"]
    pupil = next(row for row in pupils if row["id"] == made[0]["pupil_id"])
    parent = Asker(server)
    session = parent.must(201, "POST", "/api/join", {
        "code": made[0]["code"], "birth_day": pupil["birth_day"], "relation": "mother",
        "name": "王小明"})
    parent.csrf, parent.permissions = session["csrf"], session["permissions"]
    return parent, classes[0], pupil


def confirm(principal):
    """Whoever made the codes may not."""
    rows = principal.must(200, "GET", "/api/org/newcomers")["rows"]
    principal.must(200, "POST", "/api/org/newcomers/decide", {
        "rows": [{"child_id": row["child"]["id"], "account_id": row["account"]} for row in rows],
        "verdict": "confirmed"})


def prepare(server, program, store):
    actors = {name: Asker(server) for name in ACTORS}
    for name in OWN + OTHER:
        if name not in ("parent1", "parent2", "stranger"):
            actors[name].log_in(name)
    schools = actors["office"].must(200, "GET", "/api/org/schools?sort=pupils")["rows"]
    mine = actors["clerk1"].must(200, "GET", "/api/org/schools")["rows"][0]
    theirs = actors["clerk2"].must(200, "GET", "/api/org/schools")["rows"][0]
    assert mine["id"] != theirs["id"] and len(schools) >= 2
    actors["parent1"], first_class, pupil = join(server, actors["clerk1"], mine["id"])
    actors["parent2"], _, _ = join(server, actors["clerk2"], theirs["id"])
    confirm(actors["principal1"])

    import subprocess
    made = subprocess.run([program, "admin", "create", *store.arguments, "--area", "430199",
                           "--area-name", "邻区", "--username", "stranger"],
                          capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise SystemExit("admin create: " + made.stdout + made.stderr)
    first = made.stdout.split("password")[1].split()[0]
    stranger = actors["stranger"].log_in("stranger", first, "430199")
    stranger.must(204, "POST", "/api/session/password", {"old": first, "new": "nine-Lives-of-a-cat"})
    actors["stranger"] = Asker(server).log_in("stranger", "nine-Lives-of-a-cat", "430199")

    clerk = actors["clerk1"]
    person = clerk.must(200, "GET", f"/api/org/people/{pupil['id']}")
    teachers = clerk.must(200, "GET", f"/api/org/classes/{first_class['id']}/teachers")["rows"]
    teacher = clerk.must(200, "GET", f"/api/org/people/{teachers[0]['person_id']}")
    children = actors["parent1"].must(200, "GET", "/api/family/children")["rows"]
    values = {
        "school": mine["id"], "class": first_class["id"], "person": pupil["id"],
        "pupil": pupil["id"], "child": children[0]["id"],
        "guardianship": person["guardians"][0]["id"], "teaching": teachers[0]["id"],
        "staff": teacher["staff"][0]["id"], "rule": "AS-2H",
        **make_samples(actors, mine["id"], first_class["id"], pupil["id"]),
    }
    return actors, values


def make_samples(actors, school, class_id, pupil):
    """One thing of each kind at the first school, so that "another school" is asked about something.
    An id whose name several routes share stands under the beginning of its path."""
    clerk, admin, office = actors["clerk1"], actors["admin"], actors["office"]
    fresh = [clerk.must(201, "POST", "/api/org/staff", {
        "name": name, "school_id": school, "post": "other"})["id"] for name in ("样本甲", "样本乙")]
    merge = clerk.must(201, "POST", "/api/org/merges", {
        "kept_id": fresh[0], "gone_id": fresh[1], "reason": "同一人"})
    account = admin.must(201, "POST", "/api/org/accounts", {
        "person_id": fresh[0], "username": "sample"})
    role = actors["principal1"].must(201, "POST", "/api/org/roles", {
        "person_id": fresh[0], "role": "clerk", "place_kind": "school", "place_id": school,
        "from_day": "2026-10-12"})
    roster = clerk.upload(school, "学籍号,姓名,性别,年级,班级\n,样本生,男,一年级,1班\n")
    grant = clerk.must(201, "POST", "/api/org/data-grants", {
        "purpose": "矩阵样本", "fields": ["phone"], "place_kind": "school", "place_id": school,
        "hours": 1})
    request = actors["parent1"].must(
        201, "POST", f"/api/family/children/{pupil}/requests",
        {"kind": "correction", "text": "姓名有误"})
    invitations = clerk.must(200, "GET", f"/api/org/classes/{class_id}/invitations")["rows"]
    setting = office.must(201, "POST", "/api/policy/settings", SETTING)
    exemption = office.must(201, "POST", "/api/policy/exemptions", {**EXEMPTION, "school_id": school})
    auditor = next(row["person"]["id"] for row in admin.must(200, "GET", "/api/org/roles")["rows"]
                   if row["role"] == "auditor")
    officer_act = admin.must(201, "POST", "/api/org/officer-acts", {
        "act": "reset", "person_id": auditor, "reason": "矩阵样本"})
    sessions = clerk.must(200, "GET", "/api/sessions")["rows"]
    return {
        "merge": merge["id"], "account": account["id"], "import": roster["id"],
        "setting": setting["id"], "exemption": exemption["id"], "officer_act": officer_act["id"],
        "session": sessions[0]["id"], "/api/org/roles/": role["id"],
        "/api/org/data-grants/": grant["id"], "/api/org/requests/": request["id"],
        "/api/org/invitations/": invitations[0]["id"],
    }


def measure(server, program, store):
    actors, values = prepare(server, program, store)
    _, _, content = server.ask("GET", "/api/openapi.json", None, {})
    openapi = json.loads(content)
    rows, faults = {}, []
    # What takes away comes last: it ends what the others stand on.
    order = {"get": 0, "patch": 1, "put": 2, "post": 3, "delete": 4}
    asked = [(path, method, operation) for path, operations in openapi["paths"].items()
             for method, operation in operations.items()
             if path not in KERNEL and (method.upper(), path) not in SKIP]
    for path, method, operation in sorted(asked, key=lambda one: (order[one[1]], one[0])):
        permission = operation.get("x-permission", "?")
        parameters = [p["name"] for p in operation.get("parameters", []) if p.get("in") == "path"]
        filled = path
        for name in parameters:
            sample = values.get(name, values.get(path.split("{")[0]))
            if sample is None:
                faults.append(f"{method} {path}: no sample for {{{name}}} in prepare()")
            filled = filled.replace("{" + name + "}", str(sample))
        cells = {}
        for name in ACTORS:
            body = {} if method.upper() in ("POST", "PUT", "PATCH") else None
            status, content = actors[name].ask(method.upper(), filled, body)
            cells[name] = status
            if name in OTHER and method == "get" and not parameters and status == 200:
                shown = [kind for kind, sample in values.items() if kind not in EVERYBODYS
                         and f'"{sample}"'.encode() in content]
                if shown:
                    faults.append(f"GET {path}: {name} is shown the first school's {shown}")
        key = (method.upper(), path)
        rows[key] = [permission] + [str(cells[name]) for name in ACTORS]
        if permission != "public" and cells["nobody"] != 401:
            faults.append(f"{key}: nobody gets {cells['nobody']}, not 401")
        names_ours = any(name not in NOBODYS for name in parameters)
        if names_ours and permission not in ("public", "signed_in"):
            for name in OTHER:
                kept_out = permission not in actors[name].permissions
                if kept_out or (DISTRICTS & set(parameters) and name != "stranger"):
                    wanted = 403
                else:
                    wanted = 404
                if cells[name] != wanted:
                    faults.append(f"{key}: {name} gets {cells[name]}, not {wanted}")
    return rows, faults


def table_text(rows):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["method", "path", "permission", *ACTORS])
    for (method, path), cells in sorted(rows.items(), key=lambda item: (item[0][1], item[0][0])):
        writer.writerow([method, path, *cells])
    return out.getvalue()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--golden", action="store_true")
    parser.add_argument("--pg", action="store_true")
    parser.add_argument("--program", default=str(ROOT / "build/release/shuangjian"))
    options = parser.parse_args()
    postgres = os.environ.get("SJ_TEST_PG") if options.pg else None
    with tempfile.TemporaryDirectory(prefix="sj-matrix-") as folder:
        store = Store(make_template(options.program, postgres, folder), postgres)
        server = Server(options.program, store.arguments)
        try:
            rows, faults = measure(server, options.program, store)
        finally:
            server.stop()
            store.remove()
    if options.golden:
        TABLE.write_text(table_text(rows), encoding="utf8")
    wanted = {}
    if TABLE.exists():
        with TABLE.open(encoding="utf8") as file:
            for line in list(csv.reader(file))[1:]:
                wanted[(line[0], line[1])] = line[2:]
    for key in sorted(set(rows) | set(wanted)):
        if key not in wanted:
            faults.append(f"{key} is not in tests/http/matrix.csv: run with --golden and review it")
        elif key not in rows:
            faults.append(f"{key} is in tests/http/matrix.csv and nowhere else")
        elif rows[key] != wanted[key]:
            faults.append(f"{key}: {list(zip(['permission', *ACTORS], rows[key]))}, "
                          f"the table says {wanted[key]}")
    for fault in faults:
        print("FAILED", fault)
    cells = len(rows) * len(ACTORS)
    print(f"{cells - len(faults)} passed, {len(faults)} failed")
    return 1 if faults or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
