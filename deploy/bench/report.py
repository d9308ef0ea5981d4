"""Tables of what was measured."""

import statistics


def spread(values):
    """Half of the range between the quartiles, in percent of the median: ± this covers the middle half of the rounds."""
    middle = statistics.median(values)
    if len(values) < 2 or middle == 0:
        return None
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return 50 * (high - low) / middle


def peer_for(case, figure, rounds):
    """The peer that a figure is compared with: X-gcm for bulk, for all else the X whose median is better."""
    peers = ["X-gcm"] if case.gcm else ["X-gcm", "X-chacha"]
    medians = {name: statistics.median(rounds[name].values()) for name in peers if rounds.get(name)}
    if not medians:
        return None
    return (max if figure.more_is_better else min)(medians, key=medians.get)


def ratio(values, others):
    """The median of the ratios, round by round, so that what slows a whole round down does not count."""
    ratios = [values[number] / others[number] for number in values if others.get(number)]
    return statistics.median(ratios) if ratios else None


def table(case, results):
    """Lines of a case's table; results: door name -> round -> a value for each figure."""
    columns = [[""] + list(results)]
    for index, figure in enumerate(case.figures):
        rounds = {name: {number: values[index] for number, values in of_door.items()}
                  for name, of_door in results.items()}
        peer = peer_for(case, figure, rounds)
        cells = [[figure.heading], ["±%"], [f"× {peer}" if peer else ""]]
        for name in results:
            values = rounds[name]
            if not values:
                for cell in cells:
                    cell.append("–")
                continue
            part = spread(list(values.values()))
            times = ratio(values, rounds[peer]) if peer else None
            cells[0].append(f"{statistics.median(values.values()):,.{figure.digits}f}")
            cells[1].append("" if part is None else f"{part:.0f}")
            cells[2].append("" if times is None else f"{times:.2f}")
        columns += [cell for cell in cells if any(cell)]
    widths = [max(len(text) for text in column) for column in columns]
    lines = []
    for row in zip(*columns):
        first, *others = [text.ljust(width) if i == 0 else text.rjust(width)
                          for i, (text, width) in enumerate(zip(row, widths))]
        lines.append("  ".join([first, *others]).rstrip())
    return lines
