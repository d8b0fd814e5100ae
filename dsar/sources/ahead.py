"""Reads a source ahead in a thread of its own, so that the reader can say now and then that it is alive."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

AHEAD = 8  # chunks of about 256 KiB


def read_ahead(
    chunks: Iterator[bytes], *, tick: Callable[[], None], cancel: Callable[[], None], seconds: float
) -> Iterator[bytes]:
    """The same chunks; `tick` is called at least every so many `seconds` while waiting, and may raise to stop everything.

    `cancel` ends the statement that runs when the reader stops early; the thread has always ended when this returns.
    """
    waiting: queue.Queue[bytes | BaseException | None] = queue.Queue(AHEAD)
    stopped = threading.Event()

    def put(item: bytes | BaseException | None) -> None:
        while not stopped.is_set():
            with suppress(queue.Full):
                waiting.put(item, timeout=0.1)
                return

    def read() -> None:
        try:
            for chunk in chunks:
                put(chunk)
                if stopped.is_set():
                    break
            put(None)
        except BaseException as error:  # handed to the reader, who raises it
            put(error)
        finally:
            close = getattr(chunks, "close", None)
            if close and stopped.is_set():
                with suppress(Exception):  # the statement was cancelled, and says so
                    close()

    thread = threading.Thread(target=read, name="source", daemon=True)
    thread.start()
    early = True
    try:
        while True:
            try:
                item = waiting.get(timeout=seconds)
            except queue.Empty:
                tick()
                continue
            if item is None or isinstance(item, BaseException):
                early = False  # the thread ends by itself: a late cancel would hit the next statement
                if item is None:
                    return
                raise item
            yield item
    finally:
        stopped.set()
        thread.join(0 if early else None)
        while thread.is_alive():
            cancel()
            thread.join(0.2)
