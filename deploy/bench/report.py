"""Tables of what was measured."""

import statistics


def spread(values):
    """Half of the distance between the quartiles, in percent of the median."""
    middle = statistics.median(values)
    if len(values) < 2 or middle == 0:
        return None
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return 50 * (high - low) / middle


def peer_for(case, figure, rounds):
    """Whom a figure is compared with: sshd; of its two ciphers X-gcm for bulk, for all else the better median."""
    peers = ["sshd"] if case.once else ["X-gcm"] if case.gcm else ["X-gcm", "X-chacha"]
    medians = {name: statistics.median(rounds[name].values()) for name in peers if rounds.get(name)}
    if not medians:
        return None
    return (max if figure.more_is_better else min)(medians, key=medians.get)


def ratio(values, others):
    """The median of the ratios, round by round, so that what slows a whole round down does not count."""
    ratios = [values[number] / others[number] for number in values if others.get(number)]
    return statistics.median(ratios) if ratios else None


def header(about, options, peers, warm):
    """What was measured, where and how."""
    yield from (f"{key + ':':13} {value}" for key, value in about.items())
    yield f"{'rounds:':13} {options.rounds}, requests for {options.seconds} s each time"
    yield f"{'warmed up:':13} {warm}"
    if any(case.once for case in options.cases):
        yield from (f"{'raised:':13} {peer.name}: {peer.limits}" for peer in peers if peer.limits)


def figures(about, options, results, problems):
    """The same for programs."""
    named = {case.name: [figure.heading for figure in case.figures] for case in options.cases}
    return {
        **about,
        "rounds": options.rounds,
        "seconds": options.seconds,
        "cases": {
            case: {
                column: [{"round": number + 1, **dict(zip(named[case], values))} for number, values in rounds.items()]
                for column, rounds in columns.items()}
            for case, columns in results.items()},
        "problems": problems,
    }


def table(case, results, bold=False):
    """Lines of a case's table; results: column name -> round -> a value for each figure."""
    title = f"{case.name}: {case.title}"
    yield f"\033[1m{title}\033[0m" if bold else title
    columns = [[""] + list(results)]
    for index, figure in enumerate(case.figures):
        rounds = {name: {number: values[index] for number, values in of_door.items() if values[index] is not None}
                  for name, of_door in results.items()}
        peer = peer_for(case, figure, rounds)
        cells = [[figure.heading], ["±%"], [f"× {peer}" if peer else ""]]
        for name in results:
            values = rounds[name]
            if not values:
                for cell, text in zip(cells, ("–", "", "")):
                    cell.append(text)
                continue
            part = spread(list(values.values()))
            times = ratio(values, rounds[peer]) if peer else None
            cells[0].append(f"{statistics.median(values.values()):,.{figure.digits}f}")
            cells[1].append("" if part is None else f"{part:.0f}")
            cells[2].append("" if times is None else f"{times:.2f}")
        columns += [cells[0], *(cell for cell in cells[1:] if any(cell[1:]))]
    widths = [max(len(text) for text in column) for column in columns]
    for row in zip(*columns):
        first, *others = [text.ljust(width) if i == 0 else text.rjust(width)
                          for i, (text, width) in enumerate(zip(row, widths))]
        yield "  ".join([first, *others]).rstrip()
