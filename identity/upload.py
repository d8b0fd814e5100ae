"""How an uploaded file reaches a view: in memory, since Django's own handler writes what is large to disk in plain."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest

from identity.refusals import MAX_BYTES

AT_ONCE = 10  # files of one sending; no form of ours takes more
MAX_REQUEST_BYTES = 64 * 1024 * 1024  # five files of 10 MB, and what wraps them


class MemoryUploadHandler(FileUploadHandler):
    """Keeps each file in memory, up to one byte more than the limit: `documents.receive` then refuses it as too large.

    The sender's file name goes no further than here. A request that declares more than 64 MB is refused unread. Files beyond
    `AT_ONCE` are read over and counted (`left_out`), so that the form can say so beside what was typed.
    """

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.count = 0

    def handle_raw_input(
        self, input_data: Any, META: dict[str, Any], content_length: int, boundary: str, encoding: str | None = None
    ) -> None:
        if content_length > MAX_REQUEST_BYTES:
            raise RequestDataTooBig(f"A request may have {MAX_REQUEST_BYTES // 1024 // 1024} MB.")

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.file_name = "file"
        self.count += 1
        if self.count > AT_ONCE:
            self.request.files_left_out = self.count - AT_ONCE  # type: ignore[union-attr]
            raise SkipFile
        self.kept = BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.kept.write(raw_data[: max(0, MAX_BYTES + 1 - start)])

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        self.kept.seek(0)
        return InMemoryUploadedFile(
            file=self.kept,
            field_name=self.field_name,
            name=self.file_name,
            content_type="application/octet-stream",
            size=file_size,
            charset=None,
            content_type_extra=None,
        )


def left_out(request: HttpRequest) -> int:
    """How many files of this request were one too many, and were not kept."""
    request.FILES  # noqa: B018  (counted while it is read)
    return int(getattr(request, "files_left_out", 0))
