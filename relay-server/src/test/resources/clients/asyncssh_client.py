"""What OtherClientsIT asks of each client, by AsyncSSH."""
import asyncio
import sys
import warnings

warnings.filterwarnings("ignore")  # of old ciphers that it has and we do not ask for
import asyncssh


def say(line):
    print(line, flush=True)


def line():
    return asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)


async def main(port, key, known_hosts, web, service, listen):
    async with asyncssh.connect(
            "127.0.0.1", int(port), username="relay", client_keys=[key], agent_path=None,
            known_hosts=known_hosts, config=None,
            keepalive_interval=0.2, keepalive_count_max=3) as relay:
        await relay.forward_remote_port("foo", 80, "127.0.0.1", int(web))
        say("name granted")
        try:
            await relay.forward_remote_port("www", 80, "127.0.0.1", int(web))
        except asyncssh.ChannelListenError as e:
            say("refused " + str(e))
        allocated = await relay.forward_remote_port("", 0, "127.0.0.1", int(service))
        say("port %d" % allocated.get_port())
        await relay.forward_remote_port("own", 22, "127.0.0.1", int(service))
        await relay.forward_local_port("127.0.0.1", int(listen), "own", 22)
        # Three keepalives without an answer would have ended the connection.
        await asyncio.sleep(1)
        say("alive")
        say("local")

        await line()
        allocated.close()
        await allocated.wait_closed()
        say("cancelled")
        await relay.forward_remote_port("later", 80, "127.0.0.1", int(web))
        say("later granted")
        await line()


asyncio.run(main(*sys.argv[1:]))
