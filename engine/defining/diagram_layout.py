"""Placing boxes and arrows in layers, after Sugiyama: ranks, order within a rank, then coordinates.

Knows nothing of procedures. Boxes stand on even layers; the label of an arrow is a small box of its own on an odd layer, so that
labels never lie on boxes or on each other. Arrows against the flow are laid out turned round. All lengths are pixels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

GAP = 34.0  # between neighbours in a layer
THIN = 18.0  # between two arrows that only pass by
BETWEEN = 30.0  # between layers


@dataclass(slots=True)
class Box:
    """Something to place: a state, the label of an arrow, or a point where an arrow passes a layer (width 0)."""

    key: str
    width: float
    height: float
    layer: int = 0
    x: float = 0.0  # of its centre
    y: float = 0.0  # of its centre
    reach: float = 0.0  # half the height of its layer, through which arrows run straight down


@dataclass(slots=True)
class Arrow:
    """A connection from one box to another; `against` the flow when it leads back."""

    origin: str
    to: str
    label_width: float
    label_height: float
    against: bool = False
    chain: list[Box] = field(default_factory=list)  # from the upper box to the lower one, both included
    label: Box | None = None


@dataclass(slots=True)
class Layout:
    """What was placed, and how large it came out."""

    boxes: Mapping[str, Box]
    arrows: Sequence[Arrow]
    width: float
    height: float


def lay_out(boxes: Sequence[Box], arrows: Sequence[Arrow], last: frozenset[str] = frozenset()) -> Layout:
    """Place everything. The order of `boxes` is the natural reading order; those in `last` go to the bottom layer."""
    known = {box.key: box for box in boxes}
    _turn(list(known), arrows)
    _rank(known, arrows, last)
    layers = _chains(known, arrows)
    links = _links(arrows)
    _order(layers, links)
    _columns(layers, links)
    for arrow in sorted(arrows, key=lambda one: -len(one.chain)) * 2:
        _straighten(arrow.chain[1:-1], layers)
    return Layout(known, arrows, _flush(layers), _rows(layers))


def _turn(order: list[str], arrows: Sequence[Arrow]) -> None:
    """Mark arrows that lead back: up in reading order, and part of a circle."""
    place = {key: index for index, key in enumerate(order)}
    lead: dict[str, set[str]] = {key: set() for key in order}
    for arrow in arrows:
        lead[arrow.origin].add(arrow.to)
    for arrow in arrows:
        if place[arrow.to] < place[arrow.origin]:
            seen, todo = {arrow.to}, [arrow.to]
            while todo and arrow.origin not in seen:
                fresh = lead[todo.pop()] - seen
                seen |= fresh
                todo += fresh
            arrow.against = arrow.origin in seen


def _ends(arrow: Arrow) -> tuple[str, str]:
    return (arrow.to, arrow.origin) if arrow.against else (arrow.origin, arrow.to)


def _rank(boxes: Mapping[str, Box], arrows: Sequence[Arrow], last: frozenset[str]) -> None:
    """Longest way from the top; without circles once arrows that lead back are turned."""
    rank = dict.fromkeys(boxes, 0)
    for _ in boxes:
        for arrow in arrows:
            upper, lower = _ends(arrow)
            rank[lower] = max(rank[lower], rank[upper] + 1)
    bottom = max(rank.values(), default=0)
    for key, box in boxes.items():
        if key in last and not any(_ends(arrow)[0] == key for arrow in arrows):
            rank[key] = bottom
        box.layer = 2 * rank[key]
    for key, box in boxes.items():  # a box that nothing leads to stands right above what it leads to
        below = [boxes[_ends(arrow)[1]].layer for arrow in arrows if _ends(arrow)[0] == key]
        if below and not any(_ends(arrow)[1] == key for arrow in arrows) and box is not next(iter(boxes.values())):
            box.layer = min(below) - 2


def _chains(boxes: Mapping[str, Box], arrows: Sequence[Arrow]) -> list[list[Box]]:
    layers: list[list[Box]] = [[] for _ in range(max((box.layer for box in boxes.values()), default=0) + 1)]
    for box in boxes.values():
        layers[box.layer].append(box)
    for number, arrow in enumerate(arrows):
        upper, lower = (boxes[key] for key in _ends(arrow))
        at = lower.layer - 1 if arrow.against else upper.layer + 1  # the label stands next to where the arrow comes from
        arrow.chain = [upper]
        for layer in range(upper.layer + 1, lower.layer):
            size = (arrow.label_width, arrow.label_height) if layer == at else (0.0, 0.0)
            point = Box(f"{number}/{layer}", *size, layer=layer)
            if layer == at:
                arrow.label = point
            layers[layer].append(point)
            arrow.chain.append(point)
        arrow.chain.append(lower)
    return layers


Links = dict[str, tuple[list[Box], list[Box]]]  # key → what it is linked with above, and below


def _links(arrows: Sequence[Arrow]) -> Links:
    links: Links = {}
    for arrow in arrows:
        for upper, lower in pairwise(arrow.chain):
            links.setdefault(upper.key, ([], []))[1].append(lower)
            links.setdefault(lower.key, ([], []))[0].append(upper)
    return links


def _order(layers: list[list[Box]], links: Links) -> None:
    """Order each layer by the mean place of its neighbours, up and down, keeping the order with the fewest crossings."""
    best, fewest = [list(layer) for layer in layers], _crossings(layers, links)
    for turn in range(24):
        side = turn % 2  # 0: look above, going down; 1: look below, going up
        for layer in layers[1:] if side == 0 else layers[-2::-1]:
            place = {box.key: index for others in layers for index, box in enumerate(others)}
            means: dict[str, float] = {}
            for index, box in enumerate(layer):
                near = links.get(box.key, ([], []))[side]
                means[box.key] = sum(place[other.key] for other in near) / len(near) if near else float(index)
            layer.sort(key=lambda box: means[box.key])
        _swap(layers, links)
        now = _crossings(layers, links)
        if now < fewest:
            best, fewest = [list(layer) for layer in layers], now
    for layer, good in zip(layers, best, strict=True):
        layer[:] = good


def _swap(layers: list[list[Box]], links: Links) -> None:
    """Swap neighbours where that removes a crossing."""
    place = {box.key: index for layer in layers for index, box in enumerate(layer)}
    for layer in layers:
        for index in range(len(layer) - 1):
            one, other = layer[index], layer[index + 1]
            if _crossed(other, one, links, place) < _crossed(one, other, links, place):
                layer[index], layer[index + 1] = other, one
                place[one.key], place[other.key] = index + 1, index


def _crossed(left: Box, right: Box, links: Links, place: Mapping[str, int]) -> int:
    """How many arrows of two neighbours cross when they stand in this order."""
    nothing: tuple[list[Box], list[Box]] = ([], [])
    return sum(
        place[mine.key] > place[yours.key]
        for side in (0, 1)
        for mine in links.get(left.key, nothing)[side]
        for yours in links.get(right.key, nothing)[side]
    )


def _crossings(layers: list[list[Box]], links: Links) -> int:
    count = 0
    for upper, lower in pairwise(layers):
        place = {box.key: index for index, box in enumerate(lower)}
        ends = [place[other.key] for box in upper for other in sorted(links.get(box.key, ([], []))[1], key=lambda o: place[o.key])]
        count += sum(1 for i, one in enumerate(ends) for other in ends[i + 1 :] if other < one)
    return count


def _gap(left: Box, right: Box) -> float:
    return (left.width + right.width) / 2 + (GAP if left.width or right.width else THIN)


def _columns(layers: list[list[Box]], links: Links) -> None:
    """Give every box its x: each layer in turn as near to its neighbours as the gaps allow (weighted least squares)."""
    for layer in layers:
        at = 0.0
        for index, box in enumerate(layer):
            at += _gap(layer[index - 1], box) if index else 0.0
            box.x = at
    for turn in range(120):
        for layer in layers if turn % 2 == 0 else reversed(layers):
            wished, weights = [], []
            for box in layer:
                pulls = [(other.x, _pull(box, other)) for side in links.get(box.key, ([], [])) for other in side]
                mass = sum(weight for _, weight in pulls)
                wished.append(sum(x * weight for x, weight in pulls) / mass if mass else box.x)
                weights.append(mass or 0.01)
            _place(layer, wished, weights)


def _flush(layers: list[list[Box]]) -> float:
    """Move everything so that the leftmost box begins at 0. Returns the width."""
    left = min((box.x - box.width / 2 for layer in layers for box in layer), default=0.0)
    for layer in layers:
        for box in layer:
            box.x -= left
    return max((box.x + box.width / 2 for layer in layers for box in layer), default=0.0)


def _straighten(points: Sequence[Box], layers: list[list[Box]]) -> None:
    """Put as many points of an arrow as fit beside their neighbours into one column, from the label on."""
    run: list[Box] = []
    low, high = float("-inf"), float("inf")
    for point in [*points, None]:
        least, most = _room(point, layers) if point is not None else (0.0, 0.0)
        if point is not None and max(low, least) <= min(high, most):
            low, high = max(low, least), min(high, most)
            run.append(point)
            continue
        wished = sum(one.x for one in run) / len(run) if run else 0.0
        for one in run:
            one.x = min(max(wished, low), high)
        run, low, high = ([point], least, most) if point is not None else ([], 0.0, 0.0)


def _room(point: Box, layers: list[list[Box]]) -> tuple[float, float]:
    """How far to the left and right a box can move in its layer."""
    layer = layers[point.layer]
    place = layer.index(point)
    least = layer[place - 1].x + _gap(layer[place - 1], point) if place else float("-inf")
    most = layer[place + 1].x - _gap(point, layer[place + 1]) if place + 1 < len(layer) else float("inf")
    return least, most


def _pull(box: Box, other: Box) -> float:
    """How strongly two linked boxes are drawn into one column: most where an arrow only passes by, so that it runs straight."""
    passing = sum("/" in one.key and not one.width for one in (box, other))
    return (1.0, 4.0, 16.0)[passing]


def _place(layer: list[Box], wished: list[float], weights: list[float]) -> None:
    """The places nearest to the wished ones that keep order and gaps: neighbours that collide are moved as one block."""
    offsets, total = [], 0.0
    for index, box in enumerate(layer):
        total += _gap(layer[index - 1], box) if index else 0.0
        offsets.append(total)
    blocks: list[tuple[float, float, int]] = []  # (mean of wished - offset, weight, how many)
    for want, weight, offset in zip(wished, weights, offsets, strict=True):
        mean, mass, many = want - offset, weight, 1
        while blocks and blocks[-1][0] > mean:
            before, heavier, more = blocks.pop()
            mean = (before * heavier + mean * mass) / (heavier + mass)
            mass, many = mass + heavier, many + more
        blocks.append((mean, mass, many))
    index = 0
    for mean, _, many in blocks:
        for _ in range(many):
            layer[index].x = mean + offsets[index]
            index += 1


def _rows(layers: list[list[Box]]) -> float:
    y = 0.0
    for index, layer in enumerate(layers):
        height = max((box.height for box in layer), default=0.0)
        for box in layer:
            box.y, box.reach = y + height / 2, height / 2
        y += height + (BETWEEN if index < len(layers) - 1 else 0.0)
    return y
