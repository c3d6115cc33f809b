"""The dialects that are spoken. A new one is a module beside this one, and a name below."""

from messagestatus_gateway.dialect import Dialect
from messagestatus_gateway.dialects.alphasms import AlphaSms
from messagestatus_gateway.dialects.namirial import Namirial
from messagestatus_gateway.dialects.ryze import Ryze
from messagestatus_gateway.dialects.symphony import Symphony

DIALECTS: tuple[type[Dialect], ...] = (AlphaSms, Namirial, Ryze, Symphony)
