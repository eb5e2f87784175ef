# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""For the scenarios of caching: a reader of RESP of its own, and the CRM's callers.

    caching_client.py story CRM-PORT CACHE-PORT     a customer's life, read by a token after each write
    caching_client.py http PORT                     the same by HTTP, behind story
    caching_client.py hostile CACHE-PORT            what no client sends; the others do not notice
    caching_client.py fill CRM-PORT COUNT           so many customers, each changed once
    caching_client.py stale CACHE-PORT BROKER-PID   the broker stands still, and goes on
"""
import http.client
import json
import os
import signal
import socket
import sys
import time
import uuid


class Error(Exception):
    """What the server answers with a minus."""


class Resp:
    def __init__(self, port, timeout=10):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.file = self.socket.makefile("rb")

    def close(self):
        self.file.close()
        self.socket.close()

    def send(self, *words):
        parts = [str(w).encode() if not isinstance(w, bytes) else w for w in words]
        self.socket.sendall(b"*%d\r\n" % len(parts)
                            + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts))

    def read(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the connection is closed")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest.decode()
        if kind == b"-":
            return Error(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"_":
            return None
        if kind == b"$":
            if rest == b"-1":
                return None
            data = self.file.read(int(rest) + 2)
            if len(data) != int(rest) + 2:
                raise ConnectionError("the connection is closed")
            return data[:-2].decode()
        if kind == b"*":
            return [self.read() for _ in range(int(rest))]
        if kind == b"%":
            return {self.read(): self.read() for _ in range(int(rest))}
        raise ValueError(line)

    def __call__(self, *words):
        self.send(*words)
        answer = self.read()
        if isinstance(answer, Error):
            raise answer
        return answer

    def row(self, key):
        flat = self("HGETALL", key)
        return dict(zip(flat[::2], flat[1::2])) if isinstance(flat, list) else flat


class Crm:
    def __init__(self, port, timeout=20):
        self.port, self.timeout, self.connection = port, timeout, None

    def __call__(self, method, path, body=None, key=None):
        """(status, answer); asked again with the same key until it is answered."""
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port,
                                                         timeout=self.timeout)
        try:
            self.connection.request(method, path, json.dumps(body) if body is not None else None,
                                    headers)
            answer = self.connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException):
            self.connection.close()
            self.connection = None
            raise


def expect(got, wanted, what):
    if got != wanted:
        raise SystemExit(f"{what}: got {got!r}, wanted {wanted!r}")


def story(crm_port, cache_port):
    crm, cache = Crm(crm_port), Resp(cache_port)

    def write(status, method, path, body=None):
        got, answer = crm(method, path, body)
        expect(got, status, f"{method} {path}")
        if "token" in answer:
            expect(cache("WAIT", answer["token"], 20000), 1, "WAIT")
        return answer

    ann = {"id": "00001", "name": "Ann \u010cern\u00e1", "city": "Prague", "purchases": 1}
    write(201, "POST", "/customers", ann)
    row = cache.row("customer:00001")
    expect({k: row[k] for k in ("version", "name", "city", "purchases")},
           {"version": "1", "name": ann["name"], "city": "Prague", "purchases": "1"}, "HGETALL")
    write(200, "PATCH", "/customers/00001", {"purchases": 2, "city": None, "if_match": 1})
    expect(cache("HMGET", "customer:00001", "version", "purchases", "city", "origin"),
           ["2", "2", None, None], "HMGET")
    write(412, "PATCH", "/customers/00001", {"purchases": 3, "if_match": 1})
    write(422, "PATCH", "/customers/00001", {"purchase": 3})
    write(409, "POST", "/customers", ann)
    write(404, "PATCH", "/customers/00009", {"purchases": 3})
    expect(json.loads(cache("GET", "customer:00001"))["purchases"], 2, "GET")
    expect(cache("MGET", "customer:00009", "nothing")[0], None, "MGET")
    expect([cache("EXISTS", "customer:00001", "customer:00009"), cache("TYPE", "customer:00001"),
            cache("TTL", "customer:00001"), cache("HLEN", "customer:00001"), cache("DBSIZE"),
            cache("SCAN", 0)], [1, "hash", -1, 4, 1, ["0", ["customer:00001"]]], "reads")
    write(200, "DELETE", "/customers/00001")
    expect([cache("EXISTS", "customer:00001"), cache.row("customer:00001"), cache("DBSIZE")],
           [0, {}, 0], "a deleted one")
    write(201, "POST", "/customers", ann)
    expect(cache("HGET", "customer:00001", "version"), "4", "made again")
    for words, kind in ((("SET", "a", "b"), "READONLY"), (("NOPE",), "ERR"), (("GET",), "ERR"),
                        (("WAIT", "x:y", 1), "ERR"),
                        (("WAIT", "999999:customer-created/0:/octavo/nobody", 50), "TIMEOUT")):
        try:
            raise SystemExit(f"{words} was answered {cache(*words)!r}")
        except Error as error:
            expect(str(error).split()[0], kind, str(words))
    if not 0 <= cache("STALENESS") < 30000:
        raise SystemExit("an idle cache says it is stale")
    cache.send("HELLO", 3)
    expect(cache.read()["proto"], 3, "HELLO 3")
    expect(cache.row("customer:00001")["name"], ann["name"], "a map")


def hostile(port):
    for data in (b"*99999999999\r\n", b"*1\r\n$-5\r\n", b"*1\r\n$70000\r\n", b"a" * 70000,
                 b"*2\r\n$3\r\nGET\r\n:1\r\n", b"*1\r\n*1\r\n*1\r\n"):
        one = socket.create_connection(("127.0.0.1", port), timeout=10)
        one.sendall(data)
        heard = one.recv(4096)
        if not heard.startswith(b"-"):
            raise SystemExit(f"{data[:20]!r} was answered {heard!r}")
        one.close()
    slow = Resp(port)
    for byte in b"*1\r\n$4\r\nPING\r\n":
        slow.socket.sendall(bytes([byte]))
    expect(slow.read(), "PONG", "a request byte by byte")
    # A reader that does not read: it asks for a lot and takes nothing.
    deaf = socket.create_connection(("127.0.0.1", port), timeout=1)
    try:
        for _ in range(2000):
            deaf.sendall(b"*2\r\n$7\r\nHGETALL\r\n$14\r\ncustomer:00001\r\n" * 500)
    except OSError:
        pass
    expect(slow("PING"), "PONG", "another caller")
    deaf.close()


def fill(port, count):
    crm = Crm(port)
    for number in range(count):
        expect(crm("POST", "/customers", {"id": f"f{number:05}", "name": f"Name {number}"})[0], 201,
               "POST")
        expect(crm("PATCH", f"/customers/f{number:05}", {"purchases": number})[0], 200, "PATCH")


def http_read(port):
    def get(path, **fields):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", path, headers=fields)
        answer = connection.getresponse()
        body = answer.read()
        return answer.status, answer.getheader("ETag"), json.loads(body) if body else None

    status, tag, body = get("/customers/00001")
    expect((status, tag, body["version"]), (200, '"4"', 4), "GET")
    expect(get("/customers/00001", **{"If-None-Match": tag}), (304, tag, None), "If-None-Match")
    expect(get("/customers/00001?min-version=5")[0], 503, "min-version")
    expect(get("/customers/00001?max-staleness=60s&min-version=4")[0], 200, "max-staleness")
    expect(get("/customers/00009")[0], 404, "GET of none")


def until(what, holds):
    end = time.time() + 40
    while not holds():
        if time.time() > end:
            raise SystemExit(f"waited in vain: {what}")
        time.sleep(0.05)


def stale(port, broker):
    """The broker stands still: who bounds the age is told so and no data, who does not reads on."""
    bounded, other = Resp(port), Resp(port)

    def said():
        bounded.send("HGETALL", "customer:00001")
        answer = bounded.read()
        return str(answer).split()[0] if isinstance(answer, Error) else len(answer) > 4

    expect(bounded("STALENESS", "MAX", 3000), "OK", "STALENESS MAX")
    until("a cache that is young", lambda: said() is True)
    os.kill(broker, signal.SIGSTOP)
    try:
        until("STALE", lambda: said() == "STALE")
        expect(said(), "STALE", "a second read")
        expect(other("STALENESS") > 3000, True, "STALENESS")
        expect(len(other.row("customer:00001")) > 2, True, "a read without a bound")
    finally:
        os.kill(broker, signal.SIGCONT)
    until("data again", lambda: said() is True)


if __name__ == "__main__":
    {"story": story, "hostile": hostile, "fill": fill, "http": http_read,
     "stale": stale}[sys.argv[1]](*map(int, sys.argv[2:]))
