"""What each answer is held to."""

import json
import re

import jsonschema_rs

from server import TOKEN

LONGEST = 10  # seconds until an answer is called a hang

# A stack trace, or a name of a class: what only a reader of our log may see.
INNARDS = re.compile(
    r"\bat [\w.$/<>]+\([\w.]*(:\d+)?\)|\b[A-Za-z.]*[a-z](Exception|Error)\b(?=:|$| at )|\b(java|javax|jdk|io\.vertx|io\.netty|com\.fasterxml|dev\.hansa|org\.(apache|yaml|sqlite))\.[a-z]+\.\w+"
)


class Rules:
    """Made of the document that the server gives of itself."""

    def __init__(self, document):
        self.document = document
        self.validators = {}

    def faults(self, operation, status, content_type, text, seconds):
        """Everything that is wrong with an answer; `operation` as in `GET /v1/peerings`."""
        if seconds > LONGEST:
            yield f"an answer within {LONGEST} s; found one after {seconds:.1f} s"
        found = INNARDS.search(text)
        if found:
            yield f"no class or stack trace in the body; found '{found.group(0)}'"
        # who reads the token that he shows is told what he has said, as by Consul
        if TOKEN in text and (operation, status) != ("GET /v1/acl/token/self", 200):
            yield "no secret in the body; found the token"
        method, path = operation.split(" ", 1)
        responses = self.document["paths"][path][method.lower()]["responses"]
        response = self._resolved(responses.get(str(status)))
        if response is None:
            yield f"a status among {sorted(responses)}; found {status}"
            return
        media = content_type.split(";")[0].strip()
        content = response.get("content")
        if content is None:
            if text:
                yield f"an empty body; found {text[:100]!r}"
            return
        if media not in content:
            yield f"a content type among {sorted(content)}; found '{media}'"
            return
        schema = content[media].get("schema")
        if schema is not None:
            yield from self._held(operation, status, media, schema, text)

    def _held(self, operation, status, media, schema, text):
        value = text
        if media == "application/json":
            try:
                value = json.loads(text)
            except ValueError as e:
                yield f"JSON; found {e}"
                return
        key = (operation, status, media)
        if key not in self.validators:
            whole = schema | {"components": self.document["components"]}
            self.validators[key] = jsonschema_rs.Draft202012Validator(whole)
        error = next(iter(self.validators[key].iter_errors(value)), None)
        if error is not None:
            yield f"a body as the document has it; found {str(error)[:300]}"

    def _resolved(self, found):
        while found is not None and "$ref" in found:
            at = self.document
            for name in found["$ref"][2:].split("/"):
                at = at[name]
            found = at
        return found


# A defect is told to the log in full.
TOLD = re.compile(r"^\s+at [\w.$/<>]+\(|^(Caused by: )?[\w.]+(Exception|Error)(:|$)|\bERROR\b|blocked for", re.MULTILINE)


def told(log):
    """Lines of a server's log that tell of a defect."""
    return [line for line in log.splitlines() if TOLD.search(line)]


# Answers that no server may give to a list of peerings, and what is wrong with them: rules that let one pass prove nothing.
FORGED = [
    ("an answer after too long", 200, "application/json", "[]", LONGEST + 1),
    ("a status that is not documented", 502, "text/plain", "bad gateway", 0),
    ("a 500 that is a defect", 500, "text/plain", "internal error", 0),
    ("another type", 200, "text/plain", "[]", 0),
    ("what is no JSON", 200, "application/json", "[", 0),
    ("another form", 200, "application/json", '{"Name": "lke"}', 0),
    ("a stack trace", 400, "text/plain", "at dev.hansa.peering.api.Some.thing(Some.java:7)", 0),
    ("the name of a class", 400, "text/plain", "java.lang.IllegalStateException: no", 0),
    ("the token", 400, "text/plain", f"no such token {TOKEN}", 0),
]


def unseen(rules):
    """What of it these rules do not see, and whether they see faults where there are none."""
    for what, *answer in FORGED:
        if not list(rules.faults("GET /v1/peerings", *answer)):
            yield what
    if list(rules.faults("GET /v1/peerings", 200, "application/json", "[]", 0)):
        yield "nothing in an empty list"
    if not told("12:00:00 ERROR hansa: no") or not told("\tat dev.hansa.X.y(X.java:1)") or told("12:00:00 INFO hansa: ready"):
        yield "a defect in a log, and none where there is none"
