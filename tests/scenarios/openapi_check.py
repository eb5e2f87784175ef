# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""The OpenAPI document and what running processes answer, held against each other.

  openapi_check.py document FILE         the document is one (77: no validator is installed)
  openapi_check.py answers FILE SOCKET   every GET path and the reading verbs answer as it says
"""
import http.client
import json
import socket
import sys


class Door(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=10)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


def check_document(text):
    try:
        from openapi_spec_validator import validate
    except ImportError:
        print("the python package openapi-spec-validator is not installed")
        return 77
    validate(json.loads(text))
    return 0


def check_answer(document, operation, method, path, door):
    import jsonschema
    door.request(method, path)
    answer = door.getresponse()
    body = answer.read()
    said = operation["responses"].get(str(answer.status))
    assert said, f"{method} {path} answers {answer.status}, which is not described"
    kind = answer.getheader("Content-Type").split(";")[0]
    assert kind in said["content"], f"{method} {path} answers {kind}"
    if kind == "application/json":
        schema = dict(said["content"][kind]["schema"], components=document["components"])
        jsonschema.Draft202012Validator(schema).validate(json.loads(body))
    print(f"{method} {path}: {answer.status} {kind}, {len(body)} bytes")
    return body


def check_answers(text, path):
    document = json.loads(text)
    door = Door(path)
    served = None
    for name, methods in document["paths"].items():
        for method, operation in methods.items():
            if "{" in name:
                continue
            body = check_answer(document, operation, method.upper(), name, door)
            served = body if name == "/api/openapi.json" else served
    assert served == text.encode(), "what is served is not the document"
    anything = document["paths"]["/control/{verb}"]["post"]
    check_answer(document, anything, "POST", "/control/no-such-verb", door)
    return 0


def main():
    text = open(sys.argv[2], encoding="utf-8").read()
    if sys.argv[1] == "document":
        return check_document(text)
    try:
        import jsonschema  # noqa: F401
    except ImportError:
        print("the python package jsonschema is not installed")
        return 77
    return check_answers(text, sys.argv[3])


sys.exit(main())
