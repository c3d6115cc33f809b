"""The dialects that are spoken. A new one is a module beside this one, and a name below."""

from messagestatus_gateway.dialect import Dialect
from messagestatus_gateway.dialects.namirial import Namirial
from messagestatus_gateway.dialects.ryze import Ryze

DIALECTS: tuple[type[Dialect], ...] = (Namirial, Ryze)
