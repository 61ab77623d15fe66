"""Non-blocking sockets that remember what was read too early, and how the engine's is opened."""

from __future__ import annotations

import contextlib
import select
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from course.engine.address import Address
from course.errors import EngineDenied, EngineGone, GatewayError

if TYPE_CHECKING:
    import ssl

_CONNECT_SECONDS = 10


class Stream:
    """One end of a connection. Used by one thread; `abort` alone may be called from another."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self._sock = sock
        self.kept = b""  # read from the socket, not yet consumed
        self.closed_for_writing = False

    def fileno(self) -> int:
        return self._sock.fileno()

    def read_into(self, view: memoryview) -> int | None:
        """How many bytes were read: 0 at the end, None when nothing is there now."""
        try:
            return self._sock.recv_into(view)
        except (BlockingIOError, InterruptedError):
            return None
        except ConnectionError:
            return 0

    def write(self, view: memoryview) -> int | None:
        """How many bytes were taken; None when none can be now. Raises OSError when the peer is gone."""
        try:
            return self._sock.send(view)
        except (BlockingIOError, InterruptedError):
            return None

    def at_end(self) -> bool:
        """Whether a socket that polled as readable has nothing but its end to offer."""
        try:
            return self._sock.recv(1, socket.MSG_PEEK) == b""
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            return True

    @property
    def buffered(self) -> bool:
        """Whether there may be bytes to read that no poll of the socket would announce."""
        return bool(self.kept)

    @property
    def unsent(self) -> bool:
        """Whether something that was written waits for `flush`."""
        return False

    def flush(self) -> bool:
        """Send what was written and not yet taken. Whether all of it is. Raises OSError."""
        return True

    def let_read(self, seconds: float = 0.25) -> None:
        """Wait until the peer has read what was sent, but not longer than `seconds`.

        docker-py reads the head of an upgraded answer with a buffer and the stream behind it without: what
        reaches the buffer together with the head is lost, such as the output of a short exec. Only Linux
        tells how much a peer has not read yet (unix(7), SIOCOUTQ); elsewhere this returns at once.
        """
        if sys.platform != "linux" or self._sock.family != socket.AF_UNIX:
            return
        import fcntl  # not on every system
        import termios

        deadline = time.monotonic() + seconds
        unread = bytearray(4)
        with contextlib.suppress(OSError):
            while time.monotonic() < deadline:
                fcntl.ioctl(self._sock.fileno(), termios.TIOCOUTQ, unread)
                if not any(unread):
                    return
                time.sleep(0.000_2)

    def shutdown_write(self) -> None:
        """Tell the peer that nothing more will come. It may still send."""
        if not self.closed_for_writing:
            self.closed_for_writing = True
            with contextlib.suppress(OSError):
                self._sock.shutdown(socket.SHUT_WR)

    def abort(self) -> None:
        """Wake whoever polls this socket: it is over."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._sock.close()


class TlsStream(Stream):
    """TLS over a `Stream`. Through memory buffers, since an SSLSocket cannot close one direction alone."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext, host: str) -> None:
        import ssl  # here: most engines are behind a Unix socket, and ssl takes 10 ms to import

        self._ssl = ssl
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_hostname=host)
        self._scratch = bytearray(65536)
        self._unsent = b""
        self._eof = False
        super().__init__(sock)
        self._handshake()

    def read_into(self, view: memoryview) -> int | None:
        while True:
            try:
                # Into a buffer, read() gives the count; typeshed only knows the other form.
                return self._tls.read(len(view), view)  # type: ignore[return-value]
            except self._ssl.SSLWantReadError:
                with contextlib.suppress(OSError):  # a peer that takes no more may still have sent
                    self.flush()
                if self._eof:
                    return 0
                if not self._fill():
                    return None
            except self._ssl.SSLError:  # its proper end, or a connection that broke
                return 0

    def write(self, view: memoryview) -> int | None:
        if not self.flush():
            return None
        try:
            taken = self._tls.write(view[:65536])
        except self._ssl.SSLWantReadError:
            return None
        self.flush()
        return taken

    def at_end(self) -> bool:
        byte = bytearray(1)
        count = self.read_into(memoryview(byte))
        if count:
            self.kept += bytes(byte)
        return count == 0

    @property
    def buffered(self) -> bool:
        return bool(self.kept) or self._tls.pending() > 0 or self._in.pending > 0

    def shutdown_write(self) -> None:
        if not self.closed_for_writing:
            self.closed_for_writing = True
            with contextlib.suppress(self._ssl.SSLError, OSError):
                self._tls.unwrap()  # writes close_notify; then wants the peer's, which may come later
            with contextlib.suppress(OSError):
                self.flush()

    def _fill(self) -> bool:
        count = super().read_into(memoryview(self._scratch))
        if count:
            self._in.write(memoryview(self._scratch)[:count])
        elif count == 0:
            self._eof = True
            self._in.write_eof()
        return count is not None

    @property
    def unsent(self) -> bool:
        return bool(self._unsent) or self._out.pending > 0

    def flush(self) -> bool:
        self._unsent += self._out.read()
        while self._unsent:
            taken = super().write(memoryview(self._unsent))
            if taken is None:
                return False
            self._unsent = self._unsent[taken:]
        return True

    def _handshake(self) -> None:
        poller = select.poll()
        poller.register(self._sock, select.POLLIN)
        while True:
            try:
                self._tls.do_handshake()
                break
            except self._ssl.SSLWantReadError:
                self.flush()
                if not poller.poll(_CONNECT_SECONDS * 1000) or (self._fill() and self._eof):
                    raise OSError("the TLS handshake did not end") from None
        self.flush()


def open_engine(address: Address) -> Stream:
    """A new connection to the engine. Raises EngineGone, EngineDenied, or GatewayError for an odd address."""
    try:
        if address.socket is not None:
            return Stream(_unix(address.socket))
        return _tcp(address)
    except PermissionError as error:
        raise EngineDenied(f"No permission to open {address.url}.") from error
    except OSError as error:
        raise EngineGone(f"No engine answers at {address.url}.", detail=str(error)) from error


def _unix(path: str) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX)
    try:
        sock.connect(path)
    except OSError:
        sock.close()
        raise
    return sock


def _tcp(address: Address) -> Stream:
    parts = urlsplit(address.url)
    if parts.scheme not in ("tcp", "http", "https") or not parts.hostname:
        raise GatewayError(
            f"The gateway cannot reach an engine at {address.url}.",
            hint="Use an engine at a unix:// or tcp:// address.",
        )
    tls = bool(address.tls_dir) or parts.scheme == "https"
    sock = socket.create_connection(
        (parts.hostname, parts.port or (2376 if tls else 2375)), timeout=_CONNECT_SECONDS
    )
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return TlsStream(sock, _tls_context(address), parts.hostname) if tls else Stream(sock)
    except BaseException:
        sock.close()
        raise


def _tls_context(address: Address) -> ssl.SSLContext:
    """As docker's own tools understand a folder of certificates, in which each may be missing."""
    import ssl

    if not address.tls_dir:
        return ssl.create_default_context()
    pems = Path(address.tls_dir)
    own_ca = pems / "ca.pem"
    context = ssl.create_default_context(cafile=str(own_ca) if own_ca.is_file() else None)
    if not address.tls_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if (pems / "cert.pem").exists():
        context.load_cert_chain(pems / "cert.pem", pems / "key.pem")
    return context
