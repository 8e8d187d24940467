"""How the hub is: for /health and /metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.hub.metrics import Sample

if TYPE_CHECKING:
    from collections.abc import Mapping

    from razem.hub.process import HubProcess

__all__ = ["health", "samples"]

_STUCK_SECONDS: Final = 10.0  # a commit that takes longer does not come any more


def health(process: HubProcess) -> dict[str, object]:
    """Return what is well and what not: a ``status`` of "ok" or what is wrong, and figures."""
    if process.broken.is_set():
        status = "broken"
    elif process.stopping:
        status = "stopping"
    elif process.log_failing:
        status = "the log cannot be written"
    elif process.log_waits() > _STUCK_SECONDS:
        status = "the log does not answer"
    else:
        status = "ok"
    hub = process.hub
    return {"status": status, "sessions": len(hub.sessions), "users": len(hub.state.users)}


def samples(process: HubProcess, refused: Mapping[str, int], http: int) -> list[Sample]:
    """Return the figures of the hub.

    Args:
        process: the hub.
        refused: connections that were turned away, by reason.
        http: connections of HTTP, those of WebSocket among them.
    """
    hub, traffic = process.hub, process.traffic
    state = hub.state
    reasons = {("reason", reason): count for reason, count in sorted(refused.items())}
    healthy = int(health(process)["status"] == "ok")
    return [
        Sample("healthy", "gauge", "1 while all is well.", healthy),
        Sample("sessions", "gauge", "Connections that speak IRC.", len(hub.sessions)),
        Sample("http_connections", "gauge", "Connections that speak HTTP or WebSocket.", http),
        Sample("users", "gauge", "Users present.", len(state.users)),
        Sample("channels", "gauge", "Channels.", len(state.channels)),
        Sample("entries_total", "counter", "Entries of the log committed.", traffic.entries),
        Sample("entries_failed_total", "counter", "Entries not stored.", traffic.failed),
        Sample(
            "commit_seconds",
            "histogram",
            "From handing changes to the log until they were durable.",
            traffic.commits,
        ),
        Sample("deliveries_total", "counter", "Lines told to members.", hub.deliveries),
        Sample("writes_total", "counter", "Writes to clients.", traffic.writes),
        Sample("sent_bytes_total", "counter", "Bytes sent to clients.", traffic.sent),
        Sample("received_bytes_total", "counter", "Bytes from clients.", traffic.received),
        Sample("refused_connections_total", "counter", "Connections turned away.", reasons),
        Sample(
            "outbox_dropped_total",
            "counter",
            "Sessions dropped because they read too slowly.",
            traffic.dropped,
        ),
    ]
