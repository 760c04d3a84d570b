"""The file that encoders write to: failures survive the C libraries, and a mark can be put into what passes."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, TypeVar

_T = TypeVar("_T")

#: Changes the first bytes of an encoded stream: gets all there are so far, gives what to write, or None to wait.
Rewrite = Callable[[bytes], "bytes | None"]

_PATIENCE = 1 << 20  # bytes that a rewrite may hold back before it has plainly failed


class Carrier:
    """File for encoders in C: keeps the first exception, Ctrl+C included, and rewrites the head of the stream.

    Libraries report a failed write only as "short", and an exception in their callbacks is printed and lost;
    ``raise_first`` raises it where the caller can see it.

    Args:
        file: where the bytes go; needs ``seek`` and ``tell`` only where the encoder uses them.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._first: BaseException | None = None
        self._rewrite: Rewrite | None = None
        self._held = b""
        self._base = 0
        self.closed_for_writing = False

    def prefix(self, data: bytes) -> None:
        """Writes bytes before everything that the encoder knows of; its position 0 comes after them."""
        self.write(data)
        self.raise_first()
        self._base += len(data)

    def rewrite_head(self, rewrite: Rewrite) -> None:
        """Changes the bytes from here on, as soon as ``rewrite`` finds what it looks for; it must keep their number."""
        self._rewrite = rewrite

    def raise_first(self) -> None:
        """Raises what went wrong first, once."""
        first, self._first = self._first, None
        if first is not None:
            raise first

    def write(self, data: bytes) -> int:
        """Number of bytes taken: all, or 0 after a failure."""
        if self.closed_for_writing or self._first is not None:
            return 0
        data = bytes(data)
        if self._rewrite is None:
            return self._kept(lambda: self._file.write(data), 0)
        self._held += data
        changed = self._rewrite(self._held)
        if changed is not None:
            self._release(changed)
        elif len(self._held) > _PATIENCE:
            self.settle()
        return len(data)

    def settle(self) -> None:
        """Lets go of what a rewrite still holds back, unchanged."""
        if self._rewrite is not None:
            self._release(self._held)

    def read(self, size: int = -1) -> bytes:
        """Bytes read, none after a failure."""
        return self._kept(lambda: self._file.read(size), b"")

    def seek(self, offset: int, whence: int = 0) -> int:
        """New position, as the encoder counts."""
        if self._held and (offset, whence) != (self.tell(), 0):
            self.settle()
        if self._held:
            return offset
        shift = self._base if whence == 0 else 0
        return self._kept(lambda: self._file.seek(offset + shift, whence), self._base - 1) - self._base

    def tell(self) -> int:
        """Position, as the encoder counts."""
        return self._kept(self._file.tell, self._base - 1) - self._base + len(self._held)

    def flush(self) -> None:
        """Nothing; the file is flushed by who opened it."""

    def writable(self) -> bool:
        """True."""
        return True

    def _release(self, data: bytes) -> None:
        self._rewrite, self._held = None, b""
        self._kept(lambda: self._file.write(data), 0)

    def _kept(self, call: Callable[[], _T], failed: _T) -> _T:
        try:
            return call()
        except BaseException as error:  # noqa: BLE001 - raised again by raise_first, outside the C library
            if self._first is None:
                self._first = error
            return failed
