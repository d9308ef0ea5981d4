"""What OtherClientsIT asks of each client, by Paramiko."""
import socket
import sys
import threading

import paramiko


def say(line):
    print(line, flush=True)


def copy(receive, send, end):
    """One direction, to its own end."""
    try:
        data = receive(32768)
        while data:
            send(data)
            data = receive(32768)
        end()
    except (OSError, EOFError):
        pass


def splice(channel, local):
    back = threading.Thread(
        target=copy, args=(local.recv, channel.sendall, channel.shutdown_write), daemon=True)
    back.start()
    copy(channel.recv, local.sendall, lambda: local.shutdown(socket.SHUT_WR))
    back.join()
    channel.close()
    local.close()


def serve(channel, local):
    threading.Thread(target=splice, args=(channel, local), daemon=True).start()


port, key, known_hosts, web, service, listen = sys.argv[1:]
client = paramiko.SSHClient()
client.load_host_keys(known_hosts)
client.connect(
    "127.0.0.1", int(port), "relay", key_filename=key, allow_agent=False, look_for_keys=False)
transport = client.get_transport()
transport.set_keepalive(1)
targets = {}


def visited(channel, visitor, asked):
    """Paramiko has one handler for all forwards: the host and port tell them apart."""
    serve(channel, socket.create_connection(("127.0.0.1", targets[asked])))


def forward(host, number, to):
    # The first visitor may come before the call returns.
    targets[host, number] = to
    granted = transport.request_port_forward(host, number, visited)
    targets[host, granted] = to
    return granted


forward("foo", 80, int(web))
say("name granted")
try:
    forward("www", 80, int(web))
except paramiko.SSHException as e:
    say("refused " + str(e))
allocated = forward("", 0, int(service))
say("port %d" % allocated)
forward("own", 22, int(service))

listener = socket.create_server(("127.0.0.1", int(listen)))


def accept():
    while True:
        visitor = listener.accept()
        serve(transport.open_channel("direct-tcpip", ("own", 22), visitor[1]), visitor[0])


threading.Thread(target=accept, daemon=True).start()
# Its answer is a failure, which is a sign of life.
transport.global_request("keepalive@openssh.com", wait=True)
say("alive" if transport.is_active() else "dead")
say("local")

sys.stdin.readline()
transport.cancel_port_forward("", allocated)
say("cancelled")
forward("later", 80, int(web))
say("later granted")
sys.stdin.readline()
