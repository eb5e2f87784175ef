#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
"""OpenStack Swift with its s3api in one process, on loopback: a verifier of AWS Signature Version 4 that is
not ours. Objects lie in memory. Prints nothing; argv[1] is a directory of its own, argv[2] a file for the port.

    access key test:tester, secret testing, region us-east-1; the bucket `feeds` is made by whoever wants it
"""
import array
import os
import sys

import eventlet

eventlet.monkey_patch()
from swift.common import utils  # noqa: E402

home = os.path.abspath(sys.argv[1])
os.makedirs(f"{home}/disks/d1", exist_ok=True)
with open(f"{home}/swift.conf", "w", encoding="ascii") as f:
    f.write("[swift-hash]\nswift_hash_path_suffix = octavo\n[storage-policy:0]\nname = one\ndefault = yes\n")
utils.set_swift_dir(home)

from swift.account import server as account_server  # noqa: E402
from swift.common.middleware import tempauth  # noqa: E402
from swift.common.middleware.s3api import s3api  # noqa: E402
from swift.common.ring import RingData  # noqa: E402
from swift.common.storage_policy import reload_storage_policies  # noqa: E402
from swift.container import server as container_server  # noqa: E402
from swift.obj import mem_server  # noqa: E402
from swift.proxy import server as proxy_server  # noqa: E402

reload_storage_policies()
conf = {"swift_dir": home, "devices": f"{home}/disks", "mount_check": "false", "user": "", "log_level": "WARNING",
        "allow_versions": "true", "disable_fallocate": "true", "account_autocreate": "true"}
listening = {name: eventlet.listen(("127.0.0.1", 0)) for name in ("account", "container", "object", "proxy")}


def ring_write(name):
    port = listening[name].getsockname()[1]
    device = {"id": 0, "zone": 0, "region": 1, "device": "d1", "ip": "127.0.0.1", "port": port,
              "replication_ip": "127.0.0.1", "replication_port": port, "weight": 1}
    RingData([array.array("H", [0, 0])], [device], 31).save(f"{home}/{name}.ring.gz")


for ring in ("account", "container", "object"):
    ring_write(ring)
logger = utils.get_logger(conf, "octavo")
proxy = proxy_server.Application(conf, logger=logger)
signed = s3api.filter_factory({**conf, "s3_acl": "false"})(
    tempauth.filter_factory({**conf, "user_test_tester": "testing .admin"})(proxy))


class Kept(dict):
    """What the proxy wants of memcached."""

    def __bool__(self):
        return True

    def get(self, key, raise_on_error=False):
        return dict.get(self, key)

    def set(self, key, value, *_, **__):
        self[key] = value

    def delete(self, key, **_):
        self.pop(key, None)


kept = Kept()


def with_cache(env, start_response):
    env["swift.cache"] = kept
    return signed(env, start_response)


served = {"account": account_server.AccountController(conf, logger=logger),
          "container": container_server.ContainerController(conf, logger=logger),
          "object": mem_server.ObjectController(conf, logger=logger), "proxy": with_cache}
threads = [eventlet.spawn(eventlet.wsgi.server, listening[name], app, log=open(f"{home}/{name}.log", "w", encoding="utf-8"))
           for name, app in served.items()]
with open(sys.argv[2] + ".new", "w", encoding="ascii") as f:
    f.write(str(listening["proxy"].getsockname()[1]))
os.rename(sys.argv[2] + ".new", sys.argv[2])
for thread in threads:
    thread.wait()
