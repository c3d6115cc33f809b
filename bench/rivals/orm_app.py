"""The usual web service: FastAPI over SQLAlchemy's ORM, its answers checked by pydantic."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from bench.rivals.columns import digest

DATABASE = "BENCH_DATABASE"
"""The environment variable that names the database."""

# A connection for each request that can be under way: with fewer, those that hold one wait for threads,
# and those that have a thread wait for one.
_engine = create_engine(f"sqlite:///{os.environ[DATABASE]}", pool_size=64)
_sessions = sessionmaker(_engine)
_CHANNELS = {1: "SMS", 2: "RCS"}
_WORDS = {30: "SENT", 60: "DELIVERED", 70: "READ", 80: "READ"}

app = FastAPI()


class Base(DeclarativeBase):
    """What every table is made from."""


class ApiKey(Base):
    """A key that opens the service."""

    __tablename__ = "api_key"

    digest: Mapped[str] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    revoked: Mapped[bool]


class Message(Base):
    """A message, and where it stands."""

    __tablename__ = "message"

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[str]
    phone: Mapped[str | None]
    reference_service: Mapped[str | None]
    reference_action: Mapped[str | None]
    reference_key: Mapped[str | None]
    provider: Mapped[str | None]
    provider_message_id: Mapped[str | None]
    provider_status: Mapped[str | None]
    channel: Mapped[int]
    state: Mapped[int]
    accept_time: Mapped[int]
    change_time: Mapped[int]
    segments: Mapped[int]


class Reference(BaseModel):
    """The sender's own reference."""

    service: str | None
    action: str | None
    key: str | None


class Provider(BaseModel):
    """What the provider says."""

    name: str | None
    status: str | None


class Sms(BaseModel):
    """What only text messages have."""

    segments: int


class Status(BaseModel):
    """Where a message stands."""

    id: UUID
    providerAcceptanceAt: datetime  # noqa: N815 - the documented name
    statusChangedAt: datetime  # noqa: N815 - the documented name
    reference: Reference
    channel: str
    status: str
    provider: Provider
    sms: Sms | None = None


class Answer(BaseModel):
    """The answer to a look-up."""

    message: Status


def session() -> Iterator[Session]:
    """Return a session for one request."""
    with _sessions() as opened:
        yield opened


Sessions = Annotated[Session, Depends(session)]


def check_key(opened: Sessions, x_api_key: Annotated[str, Header()]) -> None:
    """Refuse a request without a key that is known."""
    key = opened.get(ApiKey, digest(x_api_key))
    if key is None or key.revoked:
        raise HTTPException(403)


@app.get(
    "/api/messagestatus/{message_id}", dependencies=[Depends(check_key)], response_model_exclude_none=True
)
def get_status(message_id: UUID, opened: Sessions) -> Answer:
    """Return one message."""
    message = opened.scalar(select(Message).where(Message.message_id == str(message_id)))
    if message is None:
        raise HTTPException(404)
    return Answer(
        message=Status(
            id=UUID(message.message_id),
            providerAcceptanceAt=_time(message.accept_time),
            statusChangedAt=_time(message.change_time),
            reference=Reference(
                service=message.reference_service, action=message.reference_action, key=message.reference_key
            ),
            channel=_CHANNELS[message.channel],
            status=_WORDS[message.state],
            provider=Provider(name=message.provider, status=message.provider_status),
        )
    )


def _time(micros: int) -> datetime:
    return datetime.fromtimestamp(micros / 1_000_000, UTC)
