"""The data directory: one server at a time, and keys that nobody else can read."""

import fcntl
import os
import secrets
from pathlib import Path

from messagestatus_server.domain.access import new_secret


class DataInUseError(Exception):
    """Another server has the data directory."""


class SealKeyDamagedError(OSError):
    """The file with the key that secrets are sealed with holds none."""


def lock(data: Path) -> int:
    """Take the data directory until the process ends; create it if need be.

    Raises:
        DataInUseError: Another server has it.
    """
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(data / "server.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise DataInUseError(f"{data} is in use by another server") from None
    return descriptor


def admin_secret(path: Path) -> str:
    """Return the secret in a file that only its owner can read, making one if there is none.

    It is written before the key is stored, so that no crash leaves a key whose secret nobody knows.
    """
    if path.exists():
        return path.read_text().strip()
    secret = new_secret()
    _write_private(path, f"{secret}\n".encode())
    return secret


def seal_key(path: Path, size: int) -> bytes:
    """Return the bytes in a file that only its owner can read, making so many at random if there is none.

    What is sealed with them is lost with the file.

    Raises:
        SealKeyDamagedError: The file has another size. It is left as it is, since nothing can replace it.
    """
    if path.exists():
        key = path.read_bytes()
        if len(key) != size:
            remedy = "put the right one back, or remove it and give the routes their secrets anew"
            raise SealKeyDamagedError(f"{path} is not a key of {size} bytes; {remedy}")
        return key
    key = secrets.token_bytes(size)
    _write_private(path, key)
    return key


def _write_private(path: Path, content: bytes) -> None:
    # Under another name until it is whole: half a key would be as good as none.
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)
