"""Who is measured: how each server and each client is started, and where a tunnel comes out.

To add a peer, add an entry to PEERS: its commands and files, with these words in braces filled in.

    {dir}      a directory of its own, in which `files` are written
    {PROGRAM}  the path of each of its `programs`
    {entry}    the port on 127.0.0.1 where its clients are to connect
    {http}     the port on 127.0.0.1 where its visitors' HTTP requests come in
    {key}      a private key; {keys} is a directory with only its public half, {user} the user who runs this
    {service}  the port on 127.0.0.1 that a tunnel leads to
    {to}       where a client finds the server's {entry}: 127.0.0.1, or the near end of a slow line
    {slot}     main, rtt or start, and {public} the TCP port that a client asks for there; in a server's files that is
               {main}, {rtt} or {start}
    {name}     the HTTP name that a client asks for; visitors use {name}.localhost
"""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from processes import Failure

DEPLOY = Path(__file__).resolve().parent.parent

# A tunnel for most of the cases, one over a slow line, and one that comes and goes.
SLOTS = ("main", "rtt", "start")


@dataclass
class Client:
    """A way to make a tunnel: commands for a TCP port and for an HTTP name, where it has them."""

    name: str
    tcp: str = ""
    http: str = ""
    files: dict = field(default_factory=dict)
    environment: dict = field(default_factory=dict)


@dataclass
class Peer:
    name: str
    programs: tuple
    server: str
    clients: list
    files: dict = field(default_factory=dict)
    entry: int = 0  # where it cannot be chosen
    logins: bool = False  # stock ssh logs in with a key
    jvm: bool = False
    limits: str = ""  # those that were raised

    def fixed_ports(self):
        """Whether the server is told its TCP ports, one a slot, so that clients cannot choose."""
        return any("{start}" in text for text in self.files.values())


SSH = ("ssh -F /dev/null -i {key} -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=no"
       " -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o ExitOnForwardFailure=yes -p {entry}")
TCP_FORWARD = " -R {public}:127.0.0.1:{service} {user}@{to}"
HTTP_FORWARD = " -R {name}:80:127.0.0.1:{service} {user}@{to}"

RELAY = Peer(
    name="relay",
    programs=(),
    server=f"{DEPLOY}/bin/relay-server --config {{dir}}/relay.yml --authorized-keys {{keys}}/bench.pub",
    files={"relay.yml": """
data-dir: {dir}/data
log:
  format: text
ssh:
  listen: 127.0.0.1:{entry}
http:
  listen: 127.0.0.1:{http}
limits:
  startups: 10000:100:10000
  names-per-identity: 100000
  channels-per-session: 10000
  sessions-per-identity: 100000
  channels-per-identity: 100000
  visitors-per-identity: 100000
  login-grace: 2m
"""},
    limits="startups 10000:100:10000, names-per-identity, sessions-per-identity, channels-per-identity,"
           " visitors-per-identity 100000, channels-per-session 10000, login-grace 2m",
    logins=True,
    jvm=True,
    clients=[
        Client("relay/ssh", tcp=SSH + " -N" + TCP_FORWARD, http=SSH + " -N" + HTTP_FORWARD),
        Client(
            "relay/relay",
            tcp=f"{DEPLOY}/bin/relay tcp {{service}} --remote-port {{public}} --server {{user}}@{{to}}:{{entry}}"
                " --identity {key} --accept-new --json",
            http=f"{DEPLOY}/bin/relay http {{service}} --name {{name}} --server {{user}}@{{to}}:{{entry}}"
                 " --identity {key} --accept-new --json",
            # Its known_hosts is not to be the user's.
            environment={"JAVA_OPTS": "-Duser.home={dir}"}),
    ])

SSHD = Peer(
    name="sshd",
    programs=("sshd",),
    server="{sshd} -D -e -f {dir}/sshd_config",
    files={"sshd_config": """
ListenAddress 127.0.0.1:{entry}
HostKey {dir}/host-key
PidFile none
AuthorizedKeysFile {keys}/bench.pub
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
GatewayPorts yes
PrintMotd no
ClientAliveInterval 15
MaxStartups 10000
LoginGraceTime 120
LogLevel ERROR
"""},
    limits="MaxStartups 10000, LoginGraceTime 120, ClientAliveInterval 15 as relay's keepalive",
    logins=True,
    clients=[
        # `cat` holds the session open until the client is ended. sshd sets TCP_NODELAY only where there is a session.
        Client("X-chacha", tcp=SSH + TCP_FORWARD + " cat"),
        Client("X-gcm", tcp=SSH + " -c aes128-gcm@openssh.com" + TCP_FORWARD + " cat"),
    ])

RATHOLE_CLIENT = """
[client]
remote_addr = "{to}:{entry}"
default_token = "bench"
[client.transport]
type = "noise"
[client.transport.noise]
pattern = "Noise_NN_25519_ChaChaPoly_BLAKE2s"
[client.services.{slot}]
local_addr = "127.0.0.1:{service}"
"""

PEERS = [
    Peer(
        name="sish",
        programs=("sish",),
        server="{sish} --ssh-address 127.0.0.1:{entry} --http-address 127.0.0.1:{http} --domain localhost"
               " --authentication-keys-directory {keys} --private-keys-directory {dir}"
               " --bind-random-ports=false --bind-random-subdomains=false --verify-dns=false --load-templates=false",
        logins=True,
        clients=[Client("sish", tcp=SSH + " -N" + TCP_FORWARD, http=SSH + " -N" + HTTP_FORWARD)]),
    Peer(
        name="sandhole",
        programs=("sandhole",),
        server="{sandhole} --domain localhost --listen-address 127.0.0.1 --ssh-port {entry} --http-port {http}"
               " --disable-https --user-keys-directory {keys} --admin-keys-directory {dir}/admin"
               " --certificates-directory {dir}/certificates --acme-cache-directory {dir}/acme"
               " --private-key-file {dir}/host-key --allow-requested-subdomains --allow-requested-ports"
               " --max-simultaneous-connections-per-ip 65535",
        logins=True,
        limits="max-simultaneous-connections-per-ip 65535",
        clients=[Client("sandhole", tcp=SSH + " -N" + TCP_FORWARD, http=SSH + " -N" + HTTP_FORWARD)]),
    Peer(
        name="frp",
        programs=("frps", "frpc"),
        server="{frps} -c {dir}/frps.toml",
        files={"frps.toml": """
bindAddr = "127.0.0.1"
bindPort = {entry}
proxyBindAddr = "127.0.0.1"
vhostHTTPPort = {http}
auth.token = "bench"
"""},
        clients=[Client(
            "frp",
            # TLS towards the server is frpc's default.
            tcp="{frpc} tcp --server-addr {to} --server-port {entry} --token bench --proxy-name {name}"
                " --local-ip 127.0.0.1 --local-port {service} --remote-port {public}",
            http="{frpc} http --server-addr {to} --server-port {entry} --token bench --proxy-name {name}-http"
                 " --local-ip 127.0.0.1 --local-port {service} --custom-domain {name}.localhost")]),
    Peer(
        name="chisel",
        programs=("chisel",),
        server="{chisel} server --host 127.0.0.1 --port {entry} --reverse --auth bench:bench",
        clients=[Client(
            "chisel",
            tcp="{chisel} client --auth bench:bench http://{to}:{entry} R:127.0.0.1:{public}:127.0.0.1:{service}")]),
    Peer(
        name="bore",
        programs=("bore",),
        server="{bore} server --bind-addr 127.0.0.1",
        entry=7835,
        clients=[Client("bore", tcp="{bore} local {service} --local-host 127.0.0.1 --to {to} --port {public}")]),
    Peer(
        name="rathole",
        programs=("rathole",),
        server="{rathole} --server {dir}/server.toml",
        files={
            "server.toml": """
[server]
bind_addr = "127.0.0.1:{entry}"
default_token = "bench"
[server.transport]
type = "noise"
[server.transport.noise]
pattern = "Noise_NN_25519_ChaChaPoly_BLAKE2s"
[server.services.main]
bind_addr = "127.0.0.1:{main}"
[server.services.rtt]
bind_addr = "127.0.0.1:{rtt}"
[server.services.start]
bind_addr = "127.0.0.1:{start}"
""",
        },
        clients=[Client("rathole", tcp="{rathole} --client {dir}/client.toml", files={"client.toml": RATHOLE_CLIENT})]),
]


def find_programs(peer, place):
    """The path of each of a peer's programs: in a directory, the program itself, or wherever PATH has it."""
    paths = {}
    for program in peer.programs:
        file = Path(place) if place else None
        if file is not None and file.is_dir():
            file = file / program
        found = shutil.which(file if file is not None else program)
        if found is None:
            where = file if file is not None else f"{program} in PATH"
            raise Failure(f"{peer.name}: no program {where}; name its directory: --against {peer.name}=DIRECTORY")
        paths[program] = Path(found).resolve()
    return paths
