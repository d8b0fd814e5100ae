"""Envelope encryption: every request and every object has a key of its own, and destroying the key destroys what it opened.

Keys lie wrapped by the master keys in a storage of their own (alias `keys`), with their name bound inside, so that a key file
put in another's place is noticed. Text is sealed with Fernet; objects are age files with one X25519 identity each.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import queue
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import IO

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage, storages
from pyrage import decrypt_io, encrypt_io, x25519

_REWRAPPED = "~new"  # beside a key while rewrap_all replaces it; a reader falls back on it
_WAITING_CHUNKS = 16  # of 64 KiB each: what open_stream keeps ahead of its reader
_GIVE_UP_SECONDS = 5.0


class VaultError(Exception):
    """Something in the vault is not as it must be; the sentence is for the operator."""


class KeyDestroyed(VaultError):
    """The key no longer exists: what it sealed is forgotten."""


class KeyUnreadable(VaultError):
    """The key's file is damaged, lies under another's name, or was wrapped by a master key that we do not have."""


class NameTaken(VaultError):
    """A key or an object of this name exists already; nothing was overwritten."""


class Truncated(VaultError):
    """The object ends too early or was altered; what was read so far must not be used."""


@dataclass(frozen=True)
class Sealed:
    """What was written: where, under which key, and what the plain bytes were."""

    path: str
    key_name: str
    plain_bytes: int
    plain_sha256: str


@dataclass(frozen=True)
class HashKey:
    """A key to compare texts by. `mark` names it beside what it hashed, and tells nothing of it."""

    secret: bytes

    @property
    def mark(self) -> str:
        return hmac.new(self.secret, b"\0mark", "sha256").hexdigest()[:16]

    def hash(self, text: str) -> str:
        """HMAC-SHA-256 in 64 hexadecimal digits."""
        return hmac.new(self.secret, text.encode(), "sha256").hexdigest()


def secret_hash_key(purpose: str) -> HashKey:
    """Derived from SECRET_KEY for this purpose alone; another SECRET_KEY finds nothing again."""
    return HashKey(hmac.digest(settings.SECRET_KEY.encode(), purpose.encode(), "sha256"))


def lasting_hash_key(name: str) -> HashKey:
    """The key `name` of the vault, made when there is none: it outlives SECRET_KEY and, re-wrapped, every master key.

    Raises `KeyUnreadable`.
    """
    try:
        return HashKey(_load_key(name).encode())
    except KeyDestroyed:
        with suppress(NameTaken):  # another process makes it at this instant
            create_text_key(name)
        return HashKey(_load_key(name).encode())


def keyed_hash(text: str, purpose: str) -> str:
    """HMAC-SHA-256 of `text` under a key derived from SECRET_KEY for this purpose alone; 64 hexadecimal digits."""
    return secret_hash_key(purpose).hash(text)


# Text


def create_text_key(name: str) -> None:
    """Make the key `name` for short texts. Raises `NameTaken`."""
    _store_key(name, Fernet.generate_key().decode())


def seal_text(name: str, text: str) -> bytes:
    """Encrypt `text` under the key `name`. Raises `KeyDestroyed`."""
    return Fernet(_load_key(name)).encrypt(text.encode())


def open_text(name: str, sealed: bytes) -> str:
    """Decrypt what `seal_text` made. Raises `KeyDestroyed`, or `Truncated` when `sealed` was altered."""
    try:
        return Fernet(_load_key(name)).decrypt(bytes(sealed)).decode()
    except InvalidToken:
        raise Truncated(f"A text sealed under {name} was altered.") from None


def destroy_key(name: str) -> None:
    """Destroy the key; gone already is fine."""
    keys = storages["keys"]
    # rewrap_all may be replacing this key at the same instant: look again until neither copy is there.
    while True:
        keys.delete(name)
        keys.delete(name + _REWRAPPED)
        if not keys.exists(name) and not keys.exists(name + _REWRAPPED):
            return


# Objects


class _Plain:
    """Gives the chunks to the encrypter as a file, and counts and hashes them on the way."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._rest = memoryview(b"")
        self.bytes = 0
        self.sha256 = hashlib.sha256()
        self.error: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        if size < 0:
            raise ValueError("read in bounded pieces")
        while not self._rest:
            try:
                chunk = next(self._chunks, None)
            except BaseException as error:
                self.error = error  # the encrypter would put its own in its place
                raise
            if chunk is None:
                return b""
            self.bytes += len(chunk)
            self.sha256.update(chunk)
            self._rest = memoryview(chunk)
        piece, self._rest = bytes(self._rest[:size]), self._rest[size:]
        return piece


def seal_stream(*, chunks: Iterable[bytes], storage: Storage, path: str, key_name: str) -> Sealed:
    """Encrypt `chunks` to `path` in `storage` under a new key; nothing is left behind when `chunks` fails half-way.

    The temporary file holds ciphertext only, and memory stays flat. Raises `NameTaken`; nothing is ever overwritten.
    """
    identity = x25519.Identity.generate()
    plain = _Plain(chunks)
    with tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as cipher:
        try:
            encrypt_io(plain, cipher, [identity.to_public()])
        finally:
            if plain.error:
                raise plain.error
        cipher.seek(0)
        _store_key(key_name, str(identity))  # first the key: an object without key would be unreadable for ever
        try:
            _save_exactly(storage, path, File(cipher))
        except BaseException:
            destroy_key(key_name)
            raise
    return Sealed(path, key_name, plain.bytes, plain.sha256.hexdigest())


class _Abandoned(Exception):
    """The reader has gone away."""


class _Pipe:
    """Takes the decrypter's plaintext and hands it over in order, never more than a few chunks ahead."""

    def __init__(self) -> None:
        self.waiting: queue.Queue[bytes | BaseException | None] = queue.Queue(_WAITING_CHUNKS)
        self.abandoned = threading.Event()

    def write(self, data: bytes) -> int:
        self.put(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is kept back."""

    def put(self, item: bytes | BaseException | None) -> None:
        while not self.abandoned.is_set():
            with suppress(queue.Full):
                self.waiting.put(item, timeout=0.1)
                return
        raise _Abandoned


def open_stream(*, storage: Storage, path: str, key_name: str) -> Iterator[bytes]:
    """The plain bytes of an object, in chunks of 64 KiB at most. Raises `KeyDestroyed` before the first.

    A truncated or altered object raises `Truncated` and never ends as if it were whole; throw away what came before.
    """
    identity = x25519.Identity.from_str(_load_key(key_name))
    return _decrypted(storage.open(path), identity, path)


def _decrypted(source: IO[bytes], identity: x25519.Identity, path: str) -> Iterator[bytes]:
    pipe = _Pipe()

    def decrypt() -> None:
        try:
            decrypt_io(source, pipe, [identity])
            pipe.put(None)
        except _Abandoned:
            pass
        except BaseException as error:  # whatever it was, the reader must not take the stream for complete
            with suppress(_Abandoned):
                pipe.put(error)

    thread = threading.Thread(target=decrypt, name="vault", daemon=True)
    thread.start()
    try:
        while (item := pipe.waiting.get()) is not None:
            if isinstance(item, BaseException):
                raise Truncated(f"{path} is truncated or was altered.") from item
            yield item
    finally:
        pipe.abandoned.set()
        thread.join(_GIVE_UP_SECONDS)
        source.close()


def destroy_object(*, storage: Storage, path: str, key_name: str) -> None:
    """Destroy the key, and with it the object in every backup; then the object. Gone already is fine."""
    destroy_key(key_name)
    storage.delete(path)


# Keys


def rewrap_all() -> int:
    """Wrap every key with the newest master key; returns how many were changed. May be killed and run again at any moment.

    Raises `KeyUnreadable`, after all others are done, when a key opens under none of the master keys.
    """
    changed, unreadable = 0, []
    for name in sorted(set(_key_names())):
        try:
            changed += _rewrap(name)
        except KeyUnreadable:
            unreadable.append(name)
    if unreadable:
        raise KeyUnreadable(f"No master key opens {', '.join(unreadable)}; {changed} other keys were re-wrapped.")
    return changed


def _rewrap(name: str) -> int:
    keys, spare = storages["keys"], name + _REWRAPPED
    newest = _fernet((settings.MASTER_KEYS[0],))
    current = _opened(_master(), _read(name))
    if current is not None and _opened(newest, _read(name)) is not None and not keys.exists(spare):
        return 0
    if current is None and _opened(_master(), _read(spare)) is None:
        if keys.exists(name):
            raise KeyUnreadable(name)
        return 0  # destroyed meanwhile
    wrapped = ContentFile(_wrap(name, _load_key(name)))
    # A storage cannot replace a file in one step: the spare copy carries the key over the gap.
    if current is not None:
        keys.delete(spare)
        _save_exactly(keys, spare, wrapped)
        if not keys.exists(name):  # destroyed meanwhile: the key must not come back
            keys.delete(spare)
            return 0
    keys.delete(name)
    _save_exactly(keys, name, wrapped)
    keys.delete(spare if keys.exists(spare) else name)  # no spare copy: destroy_key ran since, and nothing may stay
    return 1


def plain_name(file_name: str) -> str:
    """The key's name of a file in the storage of keys; while `rewrap_all` works there may be two files of one key."""
    return file_name.removesuffix(_REWRAPPED)


def _key_names(folder: str = "") -> Iterator[str]:
    try:
        folders, files = storages["keys"].listdir(folder)
    except FileNotFoundError:
        return
    for file in files:
        yield plain_name(f"{folder}/{file}".lstrip("/"))
    for inner in folders:
        yield from _key_names(f"{folder}/{inner}".lstrip("/"))


@lru_cache(maxsize=4)
def _fernet(master_keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in master_keys])


def _master() -> MultiFernet:
    return _fernet(tuple(settings.MASTER_KEYS))


def _wrap(name: str, secret: str) -> bytes:
    return _master().encrypt(json.dumps({"name": name, "secret": secret}).encode())


def _store_key(name: str, secret: str) -> None:
    _save_exactly(storages["keys"], name, ContentFile(_wrap(name, secret)))


def _read(file_name: str) -> bytes:
    with suppress(FileNotFoundError), storages["keys"].open(file_name) as file:
        return bytes(file.read())
    return b""


def _opened(master: MultiFernet, wrapped: bytes) -> dict[str, str] | None:
    try:
        opened: dict[str, str] = json.loads(master.decrypt(wrapped))
    except InvalidToken:
        return None
    return opened


def _load_key(name: str) -> str:
    found = b""
    for candidate in (name, name + _REWRAPPED, name):  # the last: rewrap_all finished between the first two
        wrapped = _read(candidate)
        found = found or wrapped
        if (opened := _opened(_master(), wrapped)) is None:
            continue
        if opened["name"] != name:
            raise KeyUnreadable(f"The file of the key {name} holds the key {opened['name']}: somebody moved it.")
        return opened["secret"]
    if found:
        raise KeyUnreadable(
            f"The key {name} is damaged, or was wrapped by a master key that MASTER_KEYS does not name; put that one back."
        )
    raise KeyDestroyed(f"The key {name} no longer exists.")


def _save_exactly(storage: Storage, name: str, content: File) -> None:
    """Save under this very name. Raises `NameTaken`: a storage would pick another name instead."""
    if storage.exists(name):
        raise NameTaken(f"{name} exists already; nothing was overwritten.")
    saved = storage.save(name, content)
    if saved != name:  # somebody was quicker
        storage.delete(saved)
        raise NameTaken(f"{name} exists already; nothing was overwritten.")
