"""Run in a network of its own: real tools talk over lo, and tcpdump writes down what they say.

``unshare --net python -m tests.wire.real_tools DIRECTORY`` leaves lo.pcap (Ethernet), any.pcap
(Linux cooked), and what dig printed.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path

from razem.wire import Dns, DnsRecord
from razem.wire.dns_data import Mx


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


def answer_dns(port: socket.socket) -> None:
    """Answer every question, in the values of ours."""
    while True:
        data, sender = port.recvfrom(65535)
        asked = Dns.parse(data)
        name = asked.questions[0].name
        answer = Dns(
            asked.identifier,
            asked.questions,
            (
                DnsRecord(name, 1, IPv4Address("192.0.2.80"), 60),
                DnsRecord(name, 15, Mx(10, f"mail.{name}"), 60),
                DnsRecord(name, 16, (b"made by razem",), 60),
            ),
            response=True,
        )
        port.sendto(answer.build(), sender)


def run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=20).stdout


def main(directory: Path) -> None:
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    port = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    port.bind(("127.0.0.1", 53))
    threading.Thread(target=answer_dns, args=[port], daemon=True).start()
    web = ThreadingHTTPServer(("127.0.0.1", 8000), Quiet)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    captures = []
    for name in ("lo", "any"):
        command = ["tcpdump", "-Z", "root", "-i", name, "-U", "--immediate-mode", "-n"]
        command += ["-w", str(directory / f"{name}.pcap")]
        capture = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert capture.stderr
        while "listening on" not in capture.stderr.readline():
            assert capture.poll() is None
        captures.append(capture)
    run("ping", "-c", "2", "-i", "0.1", "127.0.0.1")
    run("ping", "-c", "2", "-i", "0.1", "-s", "1000", "::1")
    run("curl", "-s", "http://127.0.0.1:8000/nothing")
    run("curl", "-sk", "--resolve", "razem.example:8000:127.0.0.1", "https://razem.example:8000/")
    (directory / "dig.txt").write_text(run("dig", "@127.0.0.1", "www.example.com", "ANY", "+notcp"))
    run("dig", "@127.0.0.1", "-p", "5", "closed.example", "+time=1", "+tries=1")
    for capture in captures:
        capture.send_signal(signal.SIGINT)
        capture.wait(10)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
