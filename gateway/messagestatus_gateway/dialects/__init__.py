"""The dialects that are spoken. A new one is a module beside this one, and a name below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from messagestatus_gateway.dialects.namirial import Namirial

if TYPE_CHECKING:
    from messagestatus_gateway.dialect import Dialect

DIALECTS: tuple[type[Dialect], ...] = (Namirial,)
