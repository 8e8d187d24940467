"""The disk under the servers' data: which filesystem it is, and what an fsync costs there."""

import os
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

IN_MEMORY = {"tmpfs", "ramfs", "devtmpfs"}
BLOCK = bytes(4096)


@dataclass(frozen=True, slots=True)
class Disk:
    """Latencies are those of one appended 4 KiB block made durable, in milliseconds."""

    filesystem: str
    device: str
    fsync_p50_ms: float
    fsync_p99_ms: float

    @property
    def in_memory(self) -> bool:
        return self.filesystem in IN_MEMORY

    def __str__(self) -> str:
        return (
            f"{self.filesystem} on {self.device}, 4 KiB and fdatasync: "
            f"{self.fsync_p50_ms:.2f} ms (p99 {self.fsync_p99_ms:.2f} ms)"
        )


def inspect_disk(directory: Path, *, samples: int = 300, seconds: float = 2.0) -> Disk:
    """Measure up to `samples` syncs in a file of its own in `directory`, for at most `seconds`."""
    filesystem, device = find_mount(directory)
    times: list[float] = []
    end = time.perf_counter() + seconds
    with tempfile.TemporaryFile(dir=directory, buffering=0) as file:
        while len(times) < samples and (start := time.perf_counter()) < end:
            file.write(BLOCK)
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - start) * 1000)
    times.sort()
    return Disk(filesystem, device, statistics.median(times), times[len(times) * 99 // 100])


def find_mount(directory: Path) -> tuple[str, str]:
    """Return the type and the source of the filesystem that holds `directory`.

    Fields as in proc_pid_mountinfo(5); of mounts over each other the last one counts.
    """
    here = directory.resolve()
    best, found = -1, ("unknown", "unknown")
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        before, _, after = line.partition(" - ")
        mount_point = Path(before.split()[4].replace("\\040", " "))
        if here.is_relative_to(mount_point) and len(mount_point.parts) >= best:
            filesystem, source, *_ = after.split()
            best, found = len(mount_point.parts), (filesystem, source)
    return found
