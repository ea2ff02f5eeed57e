"""Drawing a picture of a procedure as SVG. One file, no fonts or scripts from elsewhere; every text is escaped."""

import unicodedata
from collections.abc import Sequence
from html import escape
from itertools import pairwise

from engine.defining.diagram_layout import Arrow, Box, lay_out
from engine.defining.picture import ANYWHERE, Edge, Node, Picture

_FONT = "system-ui, 'Noto Sans', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"
_STYLE = """
text { font-family: FONT; fill: #1f2937; }
.head { font-size: 18px; font-weight: 600; }
.title { font-size: 14px; font-weight: 600; }
.small { font-size: 11.5px; fill: #4b5563; }
.limit { font-size: 11.5px; fill: #b45309; font-weight: 600; }
.action { font-size: 12px; }
.who { font-size: 11px; fill: #6b7280; }
.state { fill: #ffffff; stroke: #334155; stroke-width: 1.4; }
.first { fill: #eff6ff; stroke: #1d4ed8; }
.final { fill: #f1f5f9; }
.any { fill: #fafafa; stroke: #94a3b8; stroke-dasharray: 4 3; }
.way { fill: none; stroke: #475569; stroke-width: 1.4; }
.against { stroke: #9333ea; }
.back { stroke: #9333ea; stroke-dasharray: 6 4; }
.auto { stroke: #b45309; stroke-dasharray: 2 3; }
.paper { fill: #ffffff; }
""".replace("FONT", _FONT)
_COLOURS = {"way": "#475569", "against": "#9333ea", "auto": "#b45309"}
_MARGIN, _LINE, _PAD, _HEAD = 28.0, 16.0, 14.0, 40.0
_WIDEST = 236.0
_LABEL = 188.0


def draw(picture: Picture, language: str) -> str:
    """The whole SVG file."""
    texts = {node.key: _node_texts(node) for node in picture.nodes}
    boxes = [_box(node, texts[node.key], picture.edges) for node in picture.nodes]
    labels = [_label_texts(edge) for edge in picture.edges]
    arrows = [Arrow(edge.origin, edge.to, *_size(label, 6.0)) for edge, label in zip(picture.edges, labels, strict=True)]
    placed = lay_out(boxes, arrows, frozenset(node.key for node in picture.nodes if node.final))
    clocks = [(picture.clocks_title, "title"), *((line, "small") for line in picture.clocks)] if picture.clocks else []
    width = max(placed.width, *(_width(text, kind) for text, kind in [(picture.title, "head"), *clocks])) + 2 * _MARGIN
    top, shift = _MARGIN + _HEAD + 14, (width - placed.width) / 2
    height = top + placed.height + (len(clocks) + 1) * _LINE * 1.15 + _MARGIN
    for box in [*boxes, *(point for arrow in arrows for point in arrow.chain if point.key not in texts)]:
        box.x, box.y = box.x + shift, box.y + top
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" lang="{escape(language)}" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img">',
        f"<title>{_safe(picture.title)}</title>",
        f"<style>{_STYLE}</style>",
        "<defs>",
        *_heads(),
        "</defs>",
        f'<rect class="paper" width="{width:.0f}" height="{height:.0f}"/>',
        _text(_MARGIN, _MARGIN + 16, picture.title, "head", "start"),
    ]
    parts += _edges(picture.edges, arrows)
    for node, box in zip(picture.nodes, boxes, strict=True):
        parts += _node(node, box, texts[node.key])
    parts += [part for arrow, label in zip(arrows, labels, strict=True) for part in _label(arrow, label)]
    y = top + placed.height + 2 * _LINE
    parts += [_text(_MARGIN, y + index * _LINE * 1.15, text, kind, "start") for index, (text, kind) in enumerate(clocks)]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _box(node: Node, texts: "Texts", edges: Sequence[Edge]) -> Box:
    """A box for a state, wide enough for its texts and for the arrows on either side."""
    width, height = _size(texts)
    arrows = max(sum(edge.to == node.key for edge in edges), sum(edge.origin == node.key for edge in edges))
    return Box(node.key, max(width, arrows * 24.0 + 30.0), height)


# --- texts and their sizes ----------------------------------------------------------------------------------------------

_EM = {"head": 18.0, "title": 14.0, "small": 11.5, "limit": 11.5, "action": 12.0, "who": 11.0}
Texts = list[tuple[str, str]]  # (line, kind)


def _width(text: str, kind: str) -> float:
    """About as wide as a sans-serif face draws it: wide letters one em, capitals and digits less, the rest half."""
    em = 0.0
    for letter in text:
        em += 1.0 if unicodedata.east_asian_width(letter) in "WFA" else 0.68 if letter.isupper() else 0.3 if letter in "il.,:'() " else 0.57
    return em * _EM[kind] * (1.06 if kind in ("head", "title", "limit") else 1.0)


def _size(texts: Texts, pad: float = _PAD) -> tuple[float, float]:
    return max((_width(text, kind) for text, kind in texts), default=0.0) + 2 * pad, len(texts) * _LINE + 1.4 * pad


def _wrapped(text: str, kind: str, widest: float) -> Texts:
    """The text in lines no wider than that: broken at spaces, and anywhere between wide letters."""
    lines, line = [], ""
    for word in _words(text):
        if line and _width(line + word.rstrip(), kind) > widest:
            lines.append(line.rstrip())
            line = word.lstrip()
        else:
            line += word
    return [(one, kind) for one in [*lines, line.rstrip()] if one]


def _words(text: str) -> list[str]:
    words: list[str] = []
    word = ""
    for letter in text:
        if unicodedata.east_asian_width(letter) in "WF":
            if unicodedata.category(letter).startswith("P") and (word or words):  # no line begins with 、 or ）
                word, words = (word or words.pop()) + letter, words
                continue
            words += [word] if word else []
            words.append(letter)
            word = ""
        else:
            word += letter
            if letter == " ":
                words.append(word)
                word = ""
    return [*words, word] if word else words


def _node_texts(node: Node) -> Texts:
    limit = [(node.limit, "limit")] if node.limit else []
    return [*_wrapped(node.title, "title", _WIDEST), *limit, *(part for line in node.lines for part in _wrapped(line, "small", _WIDEST))]


def _label_texts(edge: Edge) -> Texts:
    texts: Texts = []
    for title, who in edge.actions:
        texts += _wrapped(title, "action", _LABEL) + _wrapped(who, "who", _LABEL)
    return texts


# --- shapes ---------------------------------------------------------------------------------------------------------------


def _safe(text: str) -> str:
    """Text for XML: escaped, and without characters that XML cannot hold."""
    return escape("".join(letter for letter in text if letter >= " " and letter not in "\ufffe\uffff"))


def _text(x: float, y: float, text: str, kind: str, anchor: str = "middle") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{_safe(text)}</text>'


def _lines(x: float, top: float, texts: Texts) -> list[str]:
    return [_text(x, top + (index + 0.78) * _LINE, text, kind) for index, (text, kind) in enumerate(texts)]


def _heads() -> list[str]:
    return [
        f'<marker id="{name}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto-start-reverse">'
        f'<path d="M 0 1 L 9 5 L 0 9 z" fill="{colour}"/></marker>'
        for name, colour in _COLOURS.items()
    ]


def _node(node: Node, box: Box, texts: Texts) -> list[str]:
    left, top = box.x - box.width / 2, box.y - box.height / 2
    kind = "state any" if node.key == ANYWHERE else "state first" if node.first else "state final" if node.final else "state"
    shapes = [f'<rect class="{kind}" x="{left:.1f}" y="{top:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" rx="9"/>']
    if node.final:
        shapes.append(
            f'<rect class="state" style="fill:none" x="{left + 4:.1f}" y="{top + 4:.1f}" width="{box.width - 8:.1f}" '
            f'height="{box.height - 8:.1f}" rx="6"/>'
        )
    if node.first:
        shapes.append(f'<circle cx="{box.x:.1f}" cy="{top - 24:.1f}" r="6" fill="#1d4ed8"/>')
        shapes.append(f'<path class="way" d="M {box.x:.1f} {top - 18:.1f} L {box.x:.1f} {top - 1:.1f}" marker-end="url(#way)"/>')
    return shapes + _lines(box.x, top + 0.7 * _PAD, texts)


def _label(arrow: Arrow, texts: Texts) -> list[str]:
    box = arrow.label
    if box is None or not texts:
        return []
    left, top = box.x - box.width / 2, box.y - box.height / 2
    paper = (
        f'<rect class="paper" x="{left:.1f}" y="{top:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" rx="4" fill-opacity="0.92"/>'
    )
    return [paper, *_lines(box.x, top + 4.2, texts)]


def _edges(edges: Sequence[Edge], arrows: Sequence[Arrow]) -> list[str]:
    """The arrows, each leaving and reaching its boxes at a place of its own."""
    ports = _ports(arrows)
    paths = []
    for number, (edge, arrow) in enumerate(zip(edges, arrows, strict=True)):
        points = _points(arrow, ports[number])
        if arrow.against:
            points.reverse()
        kind = "auto" if edge.automatic else "against" if arrow.against else "way"
        style = "way auto" if edge.automatic else "way back" if edge.back else f"way {kind}"
        colour = "against" if edge.back and not edge.automatic else kind
        paths.append(f'<path class="{style}" d="{_curve(points)}" marker-end="url(#{colour})"/>')
    return paths


def _ports(arrows: Sequence[Arrow]) -> list[tuple[float, float]]:
    """For each arrow its x at the upper and at the lower box: spread over the side, in the order of where they lead."""
    found = [[0.0, 0.0] for _ in arrows]
    for end in (0, 1):
        at: dict[str, list[int]] = {}
        for number, arrow in enumerate(arrows):
            at.setdefault(arrow.chain[-end].key, []).append(number)
        for numbers in at.values():
            numbers.sort(key=lambda number: arrows[number].chain[1 if end == 0 else -2].x)
            box = arrows[numbers[0]].chain[-end]
            step = min(44.0, (box.width - 30) / max(len(numbers), 1))
            for place, number in enumerate(numbers):
                found[number][end] = box.x + (place - (len(numbers) - 1) / 2) * step
    return [(upper, lower) for upper, lower in found]


def _points(arrow: Arrow, port: tuple[float, float]) -> list[tuple[float, float]]:
    """From the bottom of the upper box, through the middle of each box on the way, to the top of the lower one."""
    upper, lower = arrow.chain[0], arrow.chain[-1]
    points = [(port[0], upper.y + upper.height / 2)]
    for box in arrow.chain[1:-1]:
        points += [(box.x, box.y - box.reach), (box.x, box.y + box.reach)]
    return [*points, (port[1], lower.y - lower.height / 2)]


def _curve(points: Sequence[tuple[float, float]]) -> str:
    """A smooth line that leaves and reaches every point vertically."""
    d = f"M {points[0][0]:.1f} {points[0][1]:.1f}"
    for (x, y), (to_x, to_y) in pairwise(points):
        middle = (y + to_y) / 2
        d += (
            f" L {to_x:.1f} {to_y:.1f}" if abs(x - to_x) < 0.5 else f" C {x:.1f} {middle:.1f} {to_x:.1f} {middle:.1f} {to_x:.1f} {to_y:.1f}"
        )
    return d
