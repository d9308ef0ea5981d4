"""The command line."""

import argparse
from pathlib import Path

from cases import CASES
from peers import PEERS, find_programs
from processes import Failure

EXAMPLES = """
cases (idle5000 runs only when it is named):
{cases}

peers beside sshd, each with the programs that it needs:
{peers}

examples:
  deploy/bench/run                                  everything beside sshd, less than 10 minutes
  deploy/bench/run --cases down,c32 --rounds 2      a first look
  deploy/bench/run --against frp=/opt/frp,sish      frp from a directory, sish from the path
  deploy/bench/run --rounds 9 --json figures.json   quieter, and every single figure in a file
  deploy/bench/run --smoke                          half a minute: does it work, and does nothing leak

exit status: 0 all was measured, 1 something could not be measured or an answer was wrong, 2 a bad command line, 130
stopped by Ctrl-C
"""


def parse(words=None):
    case_lines = "\n".join(f"  {case.name:12} {case.title}" for case in CASES)
    peer_lines = "\n".join(f"  {peer.name:12} {', '.join(peer.programs)}" for peer in PEERS)
    parser = argparse.ArgumentParser(
        prog="deploy/bench/run", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Measures relay beside its peers in one run, and prints a table a case.",
        epilog=EXAMPLES.format(cases=case_lines, peers=peer_lines))
    parser.add_argument("--cases", type=cases, default=[case for case in CASES if not case.named_only],
                        metavar="NAME,…", help="the cases to run, in the order below (default: all)")
    parser.add_argument("--against", type=peers, default=[], metavar="NAME[=DIR],…",
                        help="peers beside sshd, which is always there; DIR holds the programs (default: the path)")
    parser.add_argument("--rounds", type=positive, default=5, metavar="N", help="rounds (default: 5)")
    parser.add_argument("--seconds", type=positive, default=1, metavar="N",
                        help="how long requests are sent, each time (default: 1)")
    parser.add_argument("--json", type=new_file, metavar="FILE", help="every single figure, beside the tables")
    parser.add_argument("--smoke", action="store_true",
                        help="instead: check threads, heap and descriptors of the relay, and no times")
    return parser.parse_args(words)


def positive(text):
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 on, got '{text}'")
    return int(text)


def new_file(text):
    path = Path(text)
    if not path.absolute().parent.is_dir() or path.is_dir():
        raise argparse.ArgumentTypeError(f"expected a file in a directory that is there, got '{text}'")
    return path


def cases(text):
    known = {case.name: case for case in CASES}
    wanted = text.split(",")
    for name in wanted:
        if name not in known:
            raise argparse.ArgumentTypeError(f"no case '{name}'; there are {', '.join(known)}")
    return [case for case in CASES if case.name in wanted]


def peers(text):
    """Pairs of a peer and its programs' paths."""
    known = {peer.name: peer for peer in PEERS}
    result = []
    for word in text.split(","):
        name, _, place = word.partition("=")
        if name == "sshd" and not place:
            continue
        if name not in known:
            raise argparse.ArgumentTypeError(f"no peer '{name}'; there are sshd, {', '.join(known)}")
        try:
            result.append((known[name], find_programs(known[name], place)))
        except Failure as failure:
            raise argparse.ArgumentTypeError(str(failure)) from None
    return result
