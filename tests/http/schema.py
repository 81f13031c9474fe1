"""Whether an exchange is what the server's own OpenAPI document says.

Only the words of JSON Schema that our documents use: an unknown one is a fault of the document.
"""
import re

KNOWN = {"type", "properties", "required", "additionalProperties", "items", "enum", "pattern",
         "format", "$ref"}
TYPES = {"string": str, "boolean": bool, "array": list, "object": dict, "null": type(None)}
FORMATS = {
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "date-time": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(\+\d\d:\d\d|Z)"),
}
BITS = {"int32": 31, "int64": 63}


class Document:
    def __init__(self, document):
        self.document = document
        self.paths = [(re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path)) + "$"), path)
                      for path in document["paths"]]
        # A path without places is meant before one with.
        self.paths.sort(key=lambda one: one[1].count("{"))

    def operation(self, method, target):
        for pattern, path in self.paths:
            found = pattern.match(target.split("?")[0])
            if found and method.lower() in self.document["paths"][path]:
                return self.document["paths"][path][method.lower()]
        return None

    def resolve(self, node):
        while "$ref" in node:
            found = self.document
            for step in node["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            node = found
        return node

    def fault(self, method, target, body, status, content_type, reply):
        """What is wrong with an exchange, or None. `body` and `reply` are values of JSON, or None."""
        operation = self.operation(method, target)
        if operation is None:
            return None if status in (404, 405) else "is not in the document"
        replies = operation["responses"]
        told = replies.get(str(status)) or (replies.get("4XX") if status < 500 else None)
        told = self.resolve(told or replies["default"])
        if status < 400 and str(status) not in replies:
            return f"status {status} is not in the document"
        content = told.get("content", {})
        kind = content_type.split(";")[0]
        if reply is not None or content:
            if kind not in content:
                return f"the reply is {kind or 'nothing'}, not {' or '.join(content) or 'nothing'}"
            fault = self.check(content[kind]["schema"], reply, "reply")
            if fault:
                return fault
        wanted = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if status < 400 and body is not None and wanted:
            return self.check(wanted["schema"], body, "body")
        return None

    def check(self, schema, value, where):
        schema = self.resolve(schema)
        unknown = set(schema) - KNOWN
        if unknown:
            return f"{where}: the schema uses {', '.join(sorted(unknown))}"
        kind = schema.get("type")
        if kind == "integer":
            if not isinstance(value, int) or isinstance(value, bool):
                return f"{where} is {value!r}, no integer"
            if abs(value) >= 1 << BITS.get(schema.get("format"), 63):
                return f"{where} is {value}, too large"
        elif kind == "number":
            if not isinstance(value, (int, float)) or isinstance(value, bool):
                return f"{where} is {value!r}, no number"
        elif kind is not None and not isinstance(value, TYPES[kind]):
            return f"{where} is {value!r}, no {kind}"
        if "enum" in schema and value not in schema["enum"]:
            return f"{where} is {value!r}, none of {', '.join(schema['enum'])}"
        if "pattern" in schema and not re.search(schema["pattern"], value):
            return f"{where} is {value!r}, not like {schema['pattern']}"
        if schema.get("format") in FORMATS and not FORMATS[schema["format"]].fullmatch(value):
            return f"{where} is {value!r}, no {schema['format']}"
        if kind == "array":
            for index, one in enumerate(value):
                fault = self.check(schema["items"], one, f"{where}[{index}]")
                if fault:
                    return fault
        if kind == "object":
            return self.check_object(schema, value, where)
        return None

    def check_object(self, schema, value, where):
        for name in schema.get("required", []):
            if name not in value:
                return f"{where}.{name} is missing"
        others = schema.get("additionalProperties", True)
        for name, one in value.items():
            if name in schema.get("properties", {}):
                fault = self.check(schema["properties"][name], one, f"{where}.{name}")
            elif others is False:
                fault = f"{where}.{name} is not in the document"
            else:
                fault = None if others is True else self.check(others, one, f"{where}.{name}")
            if fault:
                return fault
        return None
