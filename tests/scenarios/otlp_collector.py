# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""A collector of traces in miniature, and what must be true of what it got.

  otlp_collector.py collect PORT_FILE SPANS_FILE    takes OTLP/HTTP, a line of JSON for each span
  otlp_collector.py judge SPANS_FILE HEADERS COUNT  COUNT orders, each one trace of two spans: the desk's
                                                    began it, the counter's is its child, and the event
                                                    between them (a line of its headers each) says so
"""
import http.server
import json
import sys


class Collector(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.path == "/v1/traces" and self.headers["Content-Type"] == "application/json"
        with open(sys.argv[3], "a", encoding="utf-8") as out:
            for resource in body["resourceSpans"]:
                service = resource["resource"]["attributes"][0]["value"]["stringValue"]
                for span in resource["scopeSpans"][0]["spans"]:
                    out.write(json.dumps(dict(span, service=service)) + "\n")
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *arguments):
        pass


def collect():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    with open(sys.argv[2], "w", encoding="utf-8") as out:
        out.write(f"{server.server_port}\n")
    server.serve_forever()


def judge():
    spans = [json.loads(line) for line in open(sys.argv[2], encoding="utf-8")]
    headers = [line.split("traceparent=")[1].strip().split(",")[0] for line in open(sys.argv[3], encoding="utf-8")]
    count = int(sys.argv[4])
    desks = {s["traceId"]: s for s in spans if s["service"] == "shop.desk"}
    counters = {s["traceId"]: s for s in spans if s["service"] == "shop.counter"}
    assert len(desks) == count == len(counters) == len(set(headers)), (len(desks), len(counters), len(headers))
    for header in headers:
        version, trace, span, flags = header.split("-")
        desk, counter = desks[trace], counters[trace]
        assert (version, flags) == ("00", "01"), header
        assert desk["spanId"] == span == counter["parentSpanId"], (header, desk, counter)
        assert "parentSpanId" not in desk, desk
        assert (desk["name"], counter["name"]) == ("order-asked", "order-placed")
        assert (desk["kind"], counter["kind"]) == (2, 5)
        for s in (desk, counter):
            assert 0 <= int(s["endTimeUnixNano"]) - int(s["startTimeUnixNano"]) < 60e9, s
    print(f"{count} traces, {len(spans)} spans")


collect() if sys.argv[1] == "collect" else judge()
