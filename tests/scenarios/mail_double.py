#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""A bank's mail server: aiosmtpd on loopback. Each mail that it takes is a line "TO MESSAGE-ID SUBJECT"
of a file; whoever is called nobody@ is refused for good.

mail_double.py PORT_FILE MAILS_FILE: listens where PORT_FILE says, or says there where it listens."""
import asyncio
import email
import email.header
import os
import sys

try:
    from aiosmtpd.smtp import SMTP
except ImportError:
    sys.exit(77)


class Box:
    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if address.startswith("nobody@"):
            return "550 no such customer"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):
        mail = email.message_from_bytes(envelope.content)
        subject = str(email.header.make_header(email.header.decode_header(mail["Subject"])))
        with open(sys.argv[2], "a", encoding="utf-8") as mails:
            mails.write(f"{','.join(envelope.rcpt_tos)} {mail['Message-ID']} {subject}\n")
        return "250 taken"


async def main():
    named = os.path.exists(sys.argv[1]) and open(sys.argv[1], encoding="utf-8").read()
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(Box(), hostname="mail.test"), "127.0.0.1", int(named or 0))
    if not named:
        with open(sys.argv[1] + ".new", "w", encoding="utf-8") as port_file:
            port_file.write(str(server.sockets[0].getsockname()[1]))
        os.rename(sys.argv[1] + ".new", sys.argv[1])
    await server.serve_forever()


asyncio.run(main())
