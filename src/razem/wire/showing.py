"""Packets for people (a line, a tree) and for programs (JSON)."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, Final

from razem.wire.fields import Derived
from razem.wire.problems import FieldError

if TYPE_CHECKING:
    from razem.wire.packet import Packet
    from razem.wire.view import View

__all__ = ["brief", "facts", "line", "plain", "to_json", "tree"]

MAX_DEPTH: Final = 4  # of packets quoted by packets quoted by packets


def line(packet: Packet) -> str:
    """Return the packet in one line."""
    return " / ".join(_words(view) for view in packet.views()) or "nothing"


def brief(packet: Packet) -> str:
    """Return the outermost two layers: what a packet is, that another quotes."""
    return " / ".join(_words(view) for view in packet.layers[:2]) or "nothing"


def _words(view: View) -> str:
    try:
        return view.line()
    except FieldError:
        return f"{view.NAME} (cut off)"


def tree(packet: Packet, depth: int = 0) -> str:
    """Return every field that can be read, one a line, and what is wrong."""
    lines = []
    for view in packet.views():
        words = _words(view)
        title = words if words.startswith(view.NAME) else f"{view.NAME}: {words}"
        lines.append(f"{title}  [bytes {view.start} to {view.start + len(view.buffer) - 1}]")
        for field in view.FIELDS:
            try:
                value = field.read(view)
            except FieldError as error:
                lines.append(f"  {_label(field.name)}: ({error.problem.message})")
                continue
            if value is not None or not isinstance(field, Derived):
                lines += _field(field.name, field.text(value), value, depth)
        if not view.FIELDS:
            lines.append(f"  {bytes(view.buffer[:64]).hex(' ', 4)}")
    if packet.trailer:
        lines.append(f"after the end: {len(packet.trailer)} bytes")
    lines += [f"problem: {problem}" for problem in packet.problems]
    return "\n".join(lines)


def _field(name: str, text: str, value: object, depth: int) -> list[str]:
    from razem.wire.packet import Packet  # noqa: PLC0415  each shows the other

    if isinstance(value, Packet):
        if depth == MAX_DEPTH:
            return [f"  {_label(name)}: {len(value)} bytes"]
        inner = tree(value, depth + 1).splitlines()
        return [f"  {_label(name)}:", *(f"    {line}" for line in inner)]
    if isinstance(value, tuple) and not hasattr(value, "_fields") and len(text) > 70:
        return [f"  {_label(name)}:", *(f"    {item}" for item in value)]
    return [f"  {_label(name)}: {text}"]


def _label(name: str) -> str:
    return name.rstrip("_").replace("_", " ")


def facts(packet: Packet, depth: int = 0) -> dict[str, Any]:
    """Return every field of every layer as plain values."""
    layers = []
    for view in packet.views():
        layer: dict[str, Any] = {"layer": view.NAME, "offset": view.start}
        for name, value in view.facts().items():
            layer[name] = plain(value, depth)
        if not view.FIELDS:
            layer["data"] = view.buffer.hex()
        layers.append(layer)
    return {
        "length": len(packet),
        "layers": layers,
        "problems": [problem._asdict() for problem in packet.problems],
    }


def to_json(packet: Packet) -> str:
    """Return the facts as one line of JSON."""
    return json.dumps(facts(packet), ensure_ascii=False)


def plain(value: object, depth: int = 0) -> Any:
    """Return a value of a field as JSON has it: bytes in hex, addresses as text."""
    from razem.wire.packet import Packet  # noqa: PLC0415  each shows the other

    if isinstance(value, Packet):
        return facts(value, depth + 1) if depth < MAX_DEPTH else bytes(value).hex()
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, bytes | memoryview):
        return value.hex()
    if is_dataclass(value) and not isinstance(value, type):
        shown = {field.name: plain(getattr(value, field.name), depth) for field in fields(value)}
        return {"kind": type(value).__name__, **shown}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {name: plain(item, depth) for name, item in value._asdict().items()}
    if isinstance(value, tuple | list):
        return [plain(item, depth) for item in value]
    return str(value)
