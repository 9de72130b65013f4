"""GPUs of this machine, handed out to the cells that want one."""

from __future__ import annotations

import os
import queue
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

VISIBLE = "CUDA_VISIBLE_DEVICES"


def visible_devices(
    environment: Mapping[str, str] | None = None, folder: Path = Path("/dev")
) -> list[str]:
    """Return the names of the GPUs this process may use, without asking PyTorch.

    ``CUDA_VISIBLE_DEVICES`` decides where it is set, the driver's one file per GPU in ``folder``
    elsewhere.
    """
    environment = os.environ if environment is None else environment
    if VISIBLE in environment:
        names = [name.strip() for name in environment[VISIBLE].split(",")]
        return [name for name in names if name and name != "-1"]
    found = [path.name.removeprefix("nvidia") for path in folder.glob("nvidia[0-9]*")]
    return sorted(found, key=int)


class DevicePool:
    """Devices to borrow: whoever asks while all are lent waits."""

    def __init__(self, devices: Sequence[str]) -> None:
        self.size = len(devices)
        self._free: queue.SimpleQueue[str] = queue.SimpleQueue()
        for device in devices:
            self._free.put(device)

    @contextmanager
    def borrow(self, wanted: bool) -> Iterator[dict[str, str]]:
        """Yield the environment variables of a child; empty on a machine without GPUs.

        A child that wants none sees none, so that it cannot take another one's memory.
        """
        if not self.size:
            yield {}
        elif not wanted:
            yield {VISIBLE: ""}
        else:
            device = self._free.get()
            try:
                yield {VISIBLE: device}
            finally:
                self._free.put(device)
