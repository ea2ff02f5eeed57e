"""The figures of the benchmarks for people."""

from collections.abc import Callable, Iterator
from typing import Any

_KINDS = ("SQLite", "PostgreSQL")


def shown(part: str, row: Any) -> str:
    """The figures of one part, below its name."""
    return "\n".join([part, *_WAYS[part](row), ""])


def _floor(found: Any) -> Iterator[str]:
    for kind, row in found.items():
        yield (f"{kind:<12} {row['ms']:>8.3f} ms of CPU, by hand {row['floor_ms']:>7.3f}: {row['ratio']:.2f} times (half of the chunks "
               f"{row['ratio_low']:.2f} to {row['ratio_high']:.2f}); server {row['server_ms']:.2f}, by hand {row['floor_server_ms']:.2f}")


def _growing(found: Any) -> Iterator[str]:
    for kind, sizes in found.items():
        for cases, row in sizes.items():
            yield f"{kind:<12} {row['ms']:>8.3f} ms of CPU among {cases:>9} open: {row['growth']:.2f} times; server {row['server_ms']:.2f}"


def _inbox(found: Any) -> Iterator[str]:
    for name, row in found.items():
        yield (f"{name:<12} {row['ms']:>8.2f} ms of CPU (best {row['best_ms']:.2f}, on the wall clock {row['best_wall_ms']:.2f}) "
               f"among {row['tasks']:.0f} open tasks")


def _export(found: Any) -> Iterator[str]:
    for kind, forms in found.items():
        for form, row in forms.items():
            yield (f"{kind:<12} {form:<6} {row['rows']:>7.0f} rows in {row['seconds']:.2f} s of CPU, by hand {row['floor_seconds']:.2f}: "
                   f"{row['ratio']:.2f} times")


def _start(found: Any) -> Iterator[str]:
    for name, row in found.items():
        yield f"{name:<29} {row['wall_ms']:>5} ms (best {row['best_wall_ms']}), CPU {row['cpu_ms']} ms, {row['ratio']:.2f} times"


def _memory(found: Any) -> Iterator[str]:
    for name, row in found.items():
        yield f"{name:<12} {row['done']:>8.0f}: {row['tenth_mb']:.0f} MB at the most after a tenth, {row['end_mb']:.0f} at the end"
        if "ms" in row:
            tenths = f", {row['first_ms']:.3f} in the first tenth, {row['last_ms']:.3f} in the last" if "first_ms" in row else ""
            yield f"{'':<12} {row['ms']:>8.3f} ms of CPU each{tenths}"


def _peers(found: Any) -> Iterator[str]:
    for name, row in found.items():
        kinds = [f"{kind} {row[kind]:.3f} ms of CPU ({row[kind + ', times']:.2f} times)" for kind in _KINDS if kind in row]
        yield f"{name:<12} {', '.join(kinds)}" + (f", its server {row['server']:.2f}" if "server" in row else "")


def _volumes(found: Any) -> Iterator[str]:
    for name, row in found.items():
        aside = "".join(f", {value:g} {what}" for what, value in row.items() if what != "bytes")
        yield f"{name:<20} {row['bytes']:>8.0f} bytes{aside}"


def _due(found: Any) -> Iterator[str]:
    for name, row in found.items():
        yield f"{name:<39} {row['us']:>6.2f} µs of CPU (best {row['best_us']:.2f}), {row['ratio']:.1f} times a date by hand"


def _year(row: Any) -> Iterator[str]:
    yield f"{row['ms']:.3f} ms of CPU to expand, at worst {row['worst_ms']:.3f}"


def _anew(row: Any) -> Iterator[str]:
    yield (f"{row['ms']:.3f} ms of CPU a case, {row['cases']:.0f} cases: {row['cpu_seconds']:.1f} s of CPU, {row['wall_seconds']:.1f} s "
           f"in all; putting the calendar into force {row['wake_seconds']:.3f} s")


def _rights(found: Any) -> Iterator[str]:
    for name, row in found.items():
        yield f"{name:<16} {row['us']:>8.2f} µs of CPU (best {row['best_us']:.2f})"


def _scenarios(found: Any) -> Iterator[str]:
    for name, row in found.items():
        yield (f"{name:<12} {row['scenarios']:.0f} scenarios, {row['steps']:.0f} steps: {row['per_second']:.0f} a second "
               f"(best run {row['best_per_second']:.0f}), {row['ms_per_step']:.2f} ms a step")


_WAYS: dict[str, Callable[[Any], Iterator[str]]] = {
    "W1 staff action": _floor, "W2 sweep": _floor, "more open cases": _growing, "W3 inbox": _inbox, "W4 export": _export,
    "W5 cold start": _start, "events": _floor, "memory": _memory, "peers W1": _peers, "peers W2": _peers, "volumes": _volumes,
    "due times": _due,
    "calendar year": _year, "re-projection": _anew, "rights": _rights, "scenarios": _scenarios,
}
