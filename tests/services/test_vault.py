"""What the vault seals, only its key opens; a destroyed key is a forgotten text."""

from __future__ import annotations

import hashlib
import os
import resource
import shutil
import tempfile
import threading
from collections.abc import Iterator

import pytest
from cryptography.fernet import Fernet
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.core.management import CommandError, call_command
from pytest_django import Settings

from identity import vault

SECRET = "Camille Exemple, née le 2 mai 2001"
MEGABYTE = 1 << 20
FOLDER = "FileSystemStorage"
S3 = "S3Storage"


@pytest.fixture(params=[FOLDER, S3])
def places(request: pytest.FixtureRequest, settings: Settings) -> str:
    """Objects and keys in folders, then in buckets of an S3 server."""
    if request.param == S3:
        import boto3

        endpoint = request.getfixturevalue("s3_server")
        access = {"endpoint_url": endpoint, "region_name": "us-east-1", "access_key": "test", "secret_key": "test"}
        server = boto3.resource(
            "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
        )
        buckets = {alias: f"{alias}-{os.urandom(6).hex()}" for alias in ("objects", "keys")}
        for bucket in buckets.values():
            server.create_bucket(Bucket=bucket)
        settings.STORAGES = settings.STORAGES | {
            alias: {
                "BACKEND": "storages.backends.s3.S3Storage",
                "OPTIONS": access
                | {"bucket_name": bucket, "file_overwrite": False, "default_acl": None, "max_memory_size": MEGABYTE},
            }
            for alias, bucket in buckets.items()
        }
    return str(request.param)


def objects() -> Storage:
    return storages["objects"]


def sealed(path: str = "parts/one", *chunks: bytes) -> vault.Sealed:
    return vault.seal_stream(chunks=chunks or (SECRET.encode(),), storage=objects(), path=path, key_name=f"objects/{path}")


def opened(path: str = "parts/one") -> bytes:
    return b"".join(vault.open_stream(storage=objects(), path=path, key_name=f"objects/{path}"))


def overwrite(storage: Storage, name: str, content: bytes) -> None:
    storage.delete(name)
    assert storage.save(name, ContentFile(content)) == name


def stored(storage: Storage, name: str) -> bytes:
    with storage.open(name) as file:
        return bytes(file.read())


# Text


def test_a_text_opens_under_its_own_key_and_no_other(places: str) -> None:
    vault.create_text_key("requests/one")
    vault.create_text_key("requests/two")
    token = vault.seal_text("requests/one", SECRET)
    assert vault.open_text("requests/one", token) == SECRET
    assert SECRET.encode() not in token
    with pytest.raises(vault.Truncated):
        vault.open_text("requests/two", token)


def test_destroying_the_key_forgets_the_text_and_may_be_done_twice(places: str) -> None:
    vault.create_text_key("requests/one")
    token = vault.seal_text("requests/one", SECRET)
    assert vault.open_text("requests/one", token) == SECRET
    vault.destroy_key("requests/one")
    vault.destroy_key("requests/one")
    with pytest.raises(vault.KeyDestroyed):
        vault.open_text("requests/one", token)
    with pytest.raises(vault.KeyDestroyed):
        vault.seal_text("requests/one", SECRET)


def test_a_key_is_never_replaced_by_another_of_its_name(places: str) -> None:
    vault.create_text_key("requests/one")
    token = vault.seal_text("requests/one", SECRET)
    with pytest.raises(vault.NameTaken):
        vault.create_text_key("requests/one")
    assert vault.open_text("requests/one", token) == SECRET


def test_two_key_files_that_changed_places_are_noticed() -> None:
    vault.create_text_key("requests/one")
    vault.create_text_key("requests/two")
    keys = storages["keys"]
    one, two = stored(keys, "requests/one"), stored(keys, "requests/two")
    overwrite(keys, "requests/one", two)
    overwrite(keys, "requests/two", one)
    with pytest.raises(vault.KeyUnreadable, match="somebody moved it"):
        vault.seal_text("requests/one", SECRET)


def test_a_key_wrapped_by_an_unknown_master_key_says_what_to_put_back(settings: Settings) -> None:
    vault.create_text_key("requests/one")
    settings.MASTER_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(vault.KeyUnreadable, match="MASTER_KEYS"):
        vault.seal_text("requests/one", SECRET)


def test_keyed_hashes_differ_by_purpose_and_by_installation(settings: Settings) -> None:
    here = vault.keyed_hash("camille@etudiant.example", "delivery")
    assert here == vault.keyed_hash("camille@etudiant.example", "delivery")
    assert here != vault.keyed_hash("camille@etudiant.example", "audience")
    settings.SECRET_KEY = "of another installation " * 4
    assert here != vault.keyed_hash("camille@etudiant.example", "delivery")


# Objects


def test_an_object_opens_to_the_bytes_that_were_sealed(places: str) -> None:
    chunks = [os.urandom(n) for n in (0, 1, 65_535, 65_536, 65_537, 200_000)]
    result = sealed("parts/one", *chunks)
    plain = b"".join(chunks)
    assert (result.plain_bytes, result.plain_sha256) == (len(plain), hashlib.sha256(plain).hexdigest())
    assert opened() == plain


def test_an_empty_object_is_an_object_too(places: str) -> None:
    assert sealed("parts/one", b"").plain_bytes == 0
    assert opened() == b""


def test_storage_holds_no_plain_byte(places: str) -> None:
    sealed()
    assert SECRET.encode() not in stored(objects(), "parts/one")
    assert b"AGE-SECRET-KEY" not in stored(storages["keys"], "objects/parts/one")


def test_destroying_an_object_makes_every_copy_of_it_unreadable(places: str) -> None:
    sealed()
    backup = stored(objects(), "parts/one")
    assert opened() == SECRET.encode()
    vault.destroy_object(storage=objects(), path="parts/one", key_name="objects/parts/one")
    vault.destroy_object(storage=objects(), path="parts/one", key_name="objects/parts/one")
    assert not objects().exists("parts/one")
    overwrite(objects(), "parts/one", backup)
    with pytest.raises(vault.KeyDestroyed):
        opened()


def test_nothing_is_overwritten_and_the_key_of_the_refused_object_is_gone(places: str) -> None:
    sealed()
    with pytest.raises(vault.NameTaken):
        vault.seal_stream(chunks=[b"other"], storage=objects(), path="parts/one", key_name="objects/parts/other")
    assert opened() == SECRET.encode()
    assert not storages["keys"].exists("objects/parts/other")


def test_a_source_that_breaks_half_way_leaves_neither_object_nor_key(places: str) -> None:
    def breaking() -> Iterator[bytes]:
        yield os.urandom(300_000)
        raise ConnectionError("the source went away")

    with pytest.raises(ConnectionError, match="went away"):
        vault.seal_stream(chunks=breaking(), storage=objects(), path="parts/one", key_name="objects/parts/one")
    assert not objects().exists("parts/one")
    assert not storages["keys"].exists("objects/parts/one")


@pytest.mark.parametrize("cut", [1, 17, 100, 65_552, 250_000])
def test_a_truncated_object_never_ends_as_if_it_were_whole(cut: int) -> None:
    plain = os.urandom(300_000)
    sealed("parts/one", plain)
    overwrite(objects(), "parts/one", stored(objects(), "parts/one")[:-cut])
    received: list[bytes] = []
    with pytest.raises(vault.Truncated):
        received.extend(vault.open_stream(storage=objects(), path="parts/one", key_name="objects/parts/one"))
    assert plain.startswith(b"".join(received))
    assert len(b"".join(received)) < len(plain)


@pytest.mark.parametrize("place", [0, 120, 400, 66_000, -1])
def test_an_altered_object_never_ends_as_if_it_were_whole(place: int) -> None:
    sealed("parts/one", os.urandom(300_000))
    changed = bytearray(stored(objects(), "parts/one"))
    changed[place] ^= 1
    overwrite(objects(), "parts/one", bytes(changed))
    with pytest.raises(vault.Truncated):
        opened()


def test_an_object_put_in_the_place_of_another_does_not_open() -> None:
    sealed("parts/one")
    sealed("parts/two", b"Sacha")
    overwrite(objects(), "parts/one", stored(objects(), "parts/two"))
    with pytest.raises(vault.Truncated):
        opened("parts/one")


def test_a_reader_that_stops_early_leaves_no_thread_behind() -> None:
    sealed("parts/one", os.urandom(20 * MEGABYTE))
    for _ in range(5):
        stream = vault.open_stream(storage=objects(), path="parts/one", key_name="objects/parts/one")
        next(iter(stream))
        stream.close()  # type: ignore[attr-defined]
    assert [thread for thread in threading.enumerate() if thread.name == "vault"] == []


def test_memory_stays_flat_for_200_megabytes() -> None:
    def long_chunks() -> Iterator[bytes]:
        for _ in range(200):
            yield os.urandom(MEGABYTE)

    sealed("parts/warm-up", os.urandom(MEGABYTE))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = vault.seal_stream(chunks=long_chunks(), storage=objects(), path="parts/long", key_name="objects/parts/long")
    digest = hashlib.sha256()
    for chunk in vault.open_stream(storage=objects(), path="parts/long", key_name="objects/parts/long"):
        digest.update(chunk)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert result.plain_bytes == 200 * MEGABYTE
    assert digest.hexdigest() == result.plain_sha256
    assert grown < 40 * 1024  # kilobytes


def test_the_temporary_file_holds_ciphertext_only(settings: Settings) -> None:
    """Looks through every open file of this process while the source is still giving."""
    settings.FILE_UPLOAD_TEMP_DIR = tempfile.mkdtemp()
    seen: list[bytes] = []

    def watched() -> Iterator[bytes]:
        for _ in range(40):
            yield SECRET.encode() * 2000
        for number in os.listdir("/proc/self/fd"):
            target = os.readlink(f"/proc/self/fd/{number}") if os.path.exists(f"/proc/self/fd/{number}") else ""
            if target.startswith(settings.FILE_UPLOAD_TEMP_DIR):
                with open(f"/proc/self/fd/{number}", "rb") as file:
                    seen.append(file.read())

    vault.seal_stream(chunks=watched(), storage=objects(), path="parts/one", key_name="objects/parts/one")
    shutil.rmtree(settings.FILE_UPLOAD_TEMP_DIR)
    assert seen
    assert len(seen[0]) > MEGABYTE
    assert SECRET.encode() not in seen[0]


# Rotation of the master key


def test_a_new_master_key_opens_everything_after_rewrapping_and_no_object_changed(places: str, settings: Settings) -> None:
    vault.create_text_key("requests/one")
    token = vault.seal_text("requests/one", SECRET)
    sealed()
    before = stored(objects(), "parts/one")
    new = Fernet.generate_key().decode()
    settings.MASTER_KEYS = [new, *settings.MASTER_KEYS]
    assert vault.rewrap_all() == 2
    assert vault.rewrap_all() == 0
    settings.MASTER_KEYS = [new]
    assert vault.open_text("requests/one", token) == SECRET
    assert opened() == SECRET.encode()
    assert stored(objects(), "parts/one") == before


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("calls_before_the_kill", range(1, 14))
def test_rewrapping_killed_at_any_moment_loses_no_key_and_can_be_run_again(
    calls_before_the_kill: int, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["requests/one", "requests/two", "requests/three"]
    tokens = {}
    for name in names:
        vault.create_text_key(name)
        tokens[name] = vault.seal_text(name, SECRET)
    new = Fernet.generate_key().decode()
    settings.MASTER_KEYS = [new, *settings.MASTER_KEYS]
    keys = storages["keys"]
    left = calls_before_the_kill

    def killing(real: object) -> object:
        def call(*args: object, **kwargs: object) -> object:
            nonlocal left
            left -= 1
            if left < 0:
                raise Killed
            return real(*args, **kwargs)  # type: ignore[operator]

        return call

    with monkeypatch.context() as death:
        for verb in ("save", "delete"):
            death.setattr(keys, verb, killing(getattr(keys, verb)))
        with pytest.raises(Killed):
            vault.rewrap_all()
    for name in names:  # while half of it is done, everything opens
        assert vault.open_text(name, tokens[name]) == SECRET
    vault.rewrap_all()
    settings.MASTER_KEYS = [new]
    for name in names:
        assert vault.open_text(name, tokens[name]) == SECRET
    assert sorted(keys.listdir("requests")[1]) == ["one", "three", "two"]


@pytest.mark.parametrize("moment", range(5))
def test_a_key_destroyed_while_it_is_rewrapped_stays_destroyed(
    moment: int, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault.create_text_key("requests/one")
    settings.MASTER_KEYS = [Fernet.generate_key().decode(), *settings.MASTER_KEYS]
    keys, calls, destroyed = storages["keys"], 0, False

    def interrupted(real: object) -> object:
        def call(*args: object, **kwargs: object) -> object:
            nonlocal calls, destroyed
            if calls == moment and not destroyed:
                destroyed = True
                vault.destroy_key("requests/one")
            calls += 1
            return real(*args, **kwargs)  # type: ignore[operator]

        return call

    for verb in ("save", "delete"):
        monkeypatch.setattr(keys, verb, interrupted(getattr(keys, verb)))
    vault.rewrap_all()
    assert destroyed
    with pytest.raises(vault.KeyDestroyed):
        vault.seal_text("requests/one", SECRET)
    assert keys.listdir("requests")[1] == []


@pytest.mark.django_db
def test_the_command_names_keys_that_no_master_key_opens_and_does_the_others(settings: Settings) -> None:
    vault.create_text_key("requests/one")
    vault.create_text_key("requests/two")
    overwrite(storages["keys"], "requests/two", b"not a key")
    settings.MASTER_KEYS = [Fernet.generate_key().decode(), *settings.MASTER_KEYS]
    with pytest.raises(CommandError, match=r"requests/two; 1 other"):
        call_command("rewrap_keys")
