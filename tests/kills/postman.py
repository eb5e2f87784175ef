# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""A mail server that counts: every mail it has taken, by Message-ID, as often as it came.

It is as bad as real ones are: now and then it takes a mail and hangs up before it says so, says that
it is busy, or hangs up in the middle. A mail counts from the moment in which it could have been
delivered: before its 250 goes out.
"""

import random
import re
import socketserver
import threading


class Postman:
    def __init__(self, seed):
        self.lock = threading.Lock()
        self.random = random.Random(f"postman {seed}")
        self.mails = []         # (message id, order number), each time it came
        self.silent = 0         # taken, and hung up before a word
        self.is_bad = True
        postman = self

        class Session(socketserver.StreamRequestHandler):
            def handle(self):
                try:
                    postman.serve(self)
                except (ConnectionError, ValueError):
                    pass

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Session)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def dice(self):
        with self.lock:
            return self.random.random() if self.is_bad else 1.0

    def serve(self, session):
        def say(text):
            session.wfile.write(text.encode("ascii") + b"\r\n")

        say("220 postman")
        for line in session.rfile:
            word = line[:4].upper()
            if word == b"QUIT":
                say("221 bye")
                return
            if word != b"DATA":
                if word == b"RCPT" and self.dice() < 0.01:
                    return  # in the middle: nothing has happened
                say("250 fine")
                continue
            say("354 go on")
            answer = self.take(session.rfile)
            if not answer:
                return
            say(answer)

    def take(self, lines):
        """What is answered; None: hung up. A mail counts unless it is told that it was not taken."""
        text = b""
        for line in lines:
            if line == b".\r\n":
                break
            text += line
        else:
            return None
        dice = self.dice()
        if 0.02 <= dice < 0.05:
            return "451 busy"
        id = re.search(rb"^Message-ID: <(.*?)>", text, re.M).group(1).decode("ascii")
        number = int(re.search(rb"^Subject: order-(\d+)", text, re.M).group(1))
        with self.lock:
            self.mails.append((id, number))
            self.silent += dice < 0.02
        return "250 taken" if dice >= 0.02 else None
