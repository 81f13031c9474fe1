#!/usr/bin/env python3
"""What holds at every endpoint the server tells of in its OpenAPI, also at those added tomorrow.

    python3 tests/http/everywhere.py [--pg] [--program PATH]

- Another school's or district's thing is answered word for word as one that nobody has.
- Whoever only reads leaves nothing in the trail: a link from elsewhere does nothing in his name.
- Markup, formulas, control characters and line ends are refused in every text of every body, and the
  refusal names the field. EXACT and LINES are those that say otherwise (kernel/json/types.h).
- Every text of every body is of a kind that is stated here.
- A reply with a password or a code that was just made is told once, whatever key the request names.
Ends with "N passed, N failed".
"""
import argparse
import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
from matrix import ACTORS, KERNEL, OTHER, SKIP, Asker, prepare  # noqa: E402
from run import ROOT, Server, Store, make_template  # noqa: E402

# Taken as they come: secrets, numbers with a reader of their own, somebody's own table.
EXACT = {"password", "old", "new", "phone", "guardians[0].phone", "csv", "rows[0][0]",
         "decisions[0].sheet"}
# Of several lines: a family's letter, and the answer to it.
LINES = {"text", "answer"}
# What every other text is: a field of another name belongs into one of these, with a check that fits.
NAMES = {"name", "area_name"}
TEXTS = {"purpose", "reason", "note", "document", "clause", "source", "subject", "title", "device",
         "local_no", "staff_no", "ethnic", "sex", "field", "table", "sheet"}
CODES = {"code", "area", "area_code", "username", "id_number", "student_no", "secret", "rule",
         "place_id", "at", "ends_at", "seen", "stages", "found"}
BAD = {"<b>校名</b>": "text.free_markup", "=cmd|'/c calc'!A0": "text.free_formula",
       "铃\u0007声": "text.free_character", "一行\n又一行": "text.free_character"}
# Who is asked first: whoever may do most comes before whoever may do little.
SENDERS = ["admin", "principal1", "clerk1", "office", "data", "teacher1", "parent1", "nobody"]


UNKNOWN = 999  # an id that nobody has


class Checks:
    def __init__(self):
        self.passed = self.failed = 0

    def that(self, holds, what):
        self.passed += bool(holds)
        self.failed += not holds
        if not holds:
            print("FAILED", what)


class Ids:
    """Of the first school's things: by the name of the parameter, or where that says too little by
    the path besides."""

    def __init__(self, values, samples):
        self.values, self.samples = values, samples

    def of(self, path, name):
        return self.samples.get(path, self.values.get(name, UNKNOWN))

    def fill(self, path, names, without=None):
        filled = path
        for name in names:
            value = UNKNOWN if name == without else self.of(path, name)
            filled = filled.replace("{" + name + "}", str(value))
        return filled


def told(content):
    """A refusal without what differs for every request."""
    try:
        problem = json.loads(content)
    except ValueError:
        return content
    return {key: value for key, value in problem.items() if key != "request"}


def operations_of(openapi):
    for path, operations in sorted(openapi["paths"].items()):
        for method, operation in sorted(operations.items()):
            if path not in KERNEL and (method.upper(), path) not in SKIP:
                yield method.upper(), path, operation


def names_in(operation):
    return [p["name"] for p in operation.get("parameters", []) if p.get("in") == "path"]


def nobody_learns_what_exists(checks, openapi, actors, ids):
    for method, path, operation in operations_of(openapi):
        names = names_in(operation)
        for name in names:
            if ids.of(path, name) == UNKNOWN or operation.get("x-permission") == "public":
                continue
            body = {} if method in ("POST", "PUT", "PATCH") else None
            theirs = ids.fill(path, names)
            nobodys = ids.fill(path, names, without=name)
            for who in OTHER:
                status, content = actors[who].ask(method, theirs, body)
                if status == 403 and told(content).get("code") == "api.forbidden":
                    continue
                unknown, reply = actors[who].ask(method, nobodys, body)
                same = status == unknown and told(content) == told(reply)
                checks.that(same, f"{who} {method} {path} {{{name}}}: {status} {content[:300]} of "
                                  f"what exists, {unknown} {reply[:300]} of what does not")


def reading_leaves_nothing(checks, openapi, actors, ids):
    def newest():
        return actors["admin"].must(200, "GET", "/api/org/audit?limit=1")["rows"][0]["id"]
    for method, path, operation in operations_of(openapi):
        if method != "GET":
            continue
        before = newest()
        for who in ACTORS:
            actors[who].ask("GET", ids.fill(path, names_in(operation)))
        checks.that(newest() == before, f"GET {path} writes into the trail")


def texts_of(schema, place=""):
    """Where free texts stand: `guardians[0].name`."""
    kind = schema.get("type")
    if kind == "string" and not {"enum", "format", "pattern"} & set(schema):
        yield place
    elif kind == "object":
        for name, member in schema.get("properties", {}).items():
            yield from texts_of(member, f"{place}.{name}" if place else name)
    elif kind == "array":
        yield from texts_of(schema["items"], place + "[0]")


def body_with(place, text):
    """The least body with a text at a place."""
    value = text
    for part in reversed(place.replace("[0]", ".[0]").split(".")):
        value = [value] if part == "[0]" else {part: value}
    return value


def texts_have_a_kind(checks, openapi):
    for method, path, operation in operations_of(openapi):
        content = operation.get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        for place in texts_of(schema) if schema else []:
            name = place.replace("[0]", "").split(".")[-1]
            kinds = [name in kind for kind in (NAMES, TEXTS, CODES, LINES)] + [place in EXACT]
            checks.that(any(kinds), f"{method} {path} {place}: say what kind of text it is")


def texts_are_checked(checks, openapi, actors, ids):
    unseen = []
    for method, path, operation in operations_of(openapi):
        content = operation.get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        if schema is None or operation.get("x-permission") == "operate":
            continue  # by the socket in the data folder only
        target = ids.fill(path, names_in(operation))
        for place in texts_of(schema):
            if place in EXACT:
                continue
            for text, code in BAD.items():
                if "\n" in text and place in LINES:
                    continue
                status, reply = 0, b""
                for who in SENDERS:
                    status, reply = actors[who].ask(method, target, body_with(place, text))
                    if status not in (401, 403, 404, 409):
                        break
                if status in (401, 403, 404, 409):
                    unseen.append(path)
                    break
                fields = {(f["field"], f["code"]) for f in told(reply).get("fields", [])}
                checks.that(status == 400 and (place, code) in fields,
                            f"{method} {path} takes {text!r} as {place}: {status} {reply[:300]}")
    return unseen


def properties_of(schema):
    for name, member in schema.get("properties", {}).items():
        yield name
        yield from properties_of(member)
    if "items" in schema:
        yield from properties_of(schema["items"])


def secrets_are_told_once(checks, openapi):
    for path, operations in sorted(openapi["paths"].items()):
        operation = operations.get("post", {})
        for status, reply in operation.get("responses", {}).items():
            content = reply.get("content", {}).get("application/json", {})
            names = set(properties_of(content.get("schema", {})))
            if status.startswith("2") and ("password" in names or {"code", "url"} <= names):
                checks.that(operation.get("x-shown-once"), f"POST {path} keeps a secret")


def samples_of(actors, values):
    """Things of the first school that the paths only call `id`, and the like."""
    pupil = values["pupil"]
    asked = actors["parent1"].must(201, "POST", f"/api/family/children/{pupil}/requests",
                                   {"kind": "correction", "text": "名字写错了"})
    leave = actors["clerk1"].must(201, "POST", "/api/org/data-grants", {
        "purpose": "办理学籍异动", "fields": ["id_number"], "place_kind": "pupil",
        "place_id": pupil, "hours": 1})
    rows = actors["clerk1"].must(200, "GET", f"/api/org/classes/{values['class']}/invitations")
    accounts = actors["principal1"].must(200, "GET", "/api/org/accounts")["rows"]
    roles = actors["principal1"].must(200, "GET", "/api/org/roles")["rows"]
    account = next(row["id"] for row in accounts if row["username"] == "clerk1")
    return {
        "/api/org/requests/{id}/decide": asked["id"],
        "/api/org/data-grants/{id}/decide": leave["id"],
        "/api/org/invitations/{id}": rows["rows"][0]["id"],
        "/api/org/roles/{id}": roles[0]["id"],
        "/api/org/accounts/{account}/disable": account,
        "/api/org/accounts/{account}/reset": account,
        "/api/policy/rules/{rule}/check": "AS-2H",
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pg", action="store_true")
    parser.add_argument("--program", default=str(ROOT / "build/release/shuangjian"))
    options = parser.parse_args()
    postgres = os.environ.get("SJ_TEST_PG") if options.pg else None
    checks = Checks()
    with tempfile.TemporaryDirectory(prefix="sj-everywhere-") as folder:
        store = Store(make_template(options.program, postgres, folder), postgres)
        server = Server(options.program, store.arguments)
        try:
            actors, values = prepare(server, options.program, store)
            openapi = json.loads(server.ask("GET", "/api/openapi.json", None, {})[2])
            ids = Ids(values, samples_of(actors, values))
            unseen = texts_are_checked(checks, openapi, actors, ids)
            checks.that(not unseen, f"nobody got as far as the body of {sorted(set(unseen))}")
            texts_have_a_kind(checks, openapi)
            secrets_are_told_once(checks, openapi)
            reading_leaves_nothing(checks, openapi, actors, ids)
            nobody_learns_what_exists(checks, openapi, actors, ids)
        finally:
            server.stop()
            store.remove()
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed or not checks.passed else 0


if __name__ == "__main__":
    sys.exit(main())
