"""Which engine serves: the express one where it can, else the stock one."""

from enum import StrEnum

import structlog

from messagestatus_server.transport.engine import Engine, Offer
from messagestatus_server.transport.express.fitness import unfit
from messagestatus_server.transport.stock import StockEngine

log = structlog.get_logger()


class EngineChoice(StrEnum):
    """What the operator asks for."""

    AUTO = "auto"
    EXPRESS = "express"
    STOCK = "stock"


class EngineUnfitError(Exception):
    """The engine that was asked for cannot run on the grpcio that is installed."""


def engine(choice: EngineChoice, offer: Offer) -> Engine:
    """Return the engine to serve an offer with.

    Raises:
        EngineUnfitError: It was asked for, and cannot run here.
    """
    if choice is EngineChoice.STOCK:
        return StockEngine(offer)
    why = unfit()
    if not why:
        # Of another grpcio even the import may fail.
        from messagestatus_server.transport.express.engine import ExpressEngine  # noqa: PLC0415

        return ExpressEngine(offer)
    if choice is EngineChoice.EXPRESS:
        raise EngineUnfitError(f"no express engine: {why}")
    log.warning("stock engine", reason=why)
    return StockEngine(offer)
