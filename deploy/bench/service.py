"""The local service that everybody's tunnels lead to: an nginx with one worker."""

import hashlib
import os

from processes import accepts, free_port, wait_for

PAGE = 128
# One stream's transfer, one of several streams or the first on a slow line, and the second there.
SIZES = {"large": 256 << 20, "part": 32 << 20, "slow": 64 << 20}

# /sink reads a body into memory and answers with the length of the whole request: `mirror` reads the body first, the
# static handler refuses PUT, and the refusal is made an answer.
CONFIGURATION = """
daemon off;
pid nginx.pid;
error_log stderr;
worker_processes 1;
events {{ worker_connections 8192; }}
http {{
  access_log off;
  sendfile on;
  tcp_nodelay on;
  keepalive_timeout 600;
  keepalive_requests 1000000000;
  client_max_body_size 0;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    root www;
    location = /sink {{ client_body_buffer_size 300m; mirror /nothing; error_page 405 =200 /length; }}
    location = /nothing {{ internal; return 204; }}
    location = /length {{ internal; return 200 "$request_length\\n"; }}
    location /store/ {{ dav_methods PUT; }}
  }}
}}
"""


class Service:
    def __init__(self, processes):
        self.processes = processes
        self.directory = processes.directory / "service"
        self.port = free_port()
        self.digests = {}

    def start(self):
        files = self.directory / "www"
        (files / "store").mkdir(parents=True)
        (files / "page").write_bytes(b"0" * PAGE)
        block = os.urandom(1 << 20)
        for name, size in SIZES.items():
            with open(files / name, "wb") as file:
                for number in range(size >> 20):
                    # Random, so that nothing compresses; each block differs, so that none can be lost or swapped.
                    file.write(number.to_bytes(8, "big") + block[8:])
        configuration = CONFIGURATION.format(port=self.port)
        if os.geteuid() == 0:
            configuration = "user root;" + configuration  # its worker reads a directory that is ours alone
        (self.directory / "nginx.conf").write_text(configuration)
        process = self.processes.start("nginx", ["nginx", "-p", self.directory, "-c", "nginx.conf"])
        wait_for("nginx", lambda: accepts("127.0.0.1", self.port), process)

    def file(self, name):
        return self.directory / "www" / name

    def digest(self, name):
        if name not in self.digests:
            self.digests[name] = sha256(self.file(name))
        return self.digests[name]

    def take_stored(self, name):
        """The SHA-256 of what was uploaded to /store/NAME, which is removed."""
        stored = self.file("store") / name
        digest = sha256(stored)
        stored.unlink()
        return digest


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
