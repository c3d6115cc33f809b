"""Every provider, by its name; each is imported when it is first needed, since most servers need few."""

from functools import cache
from importlib import import_module

from messagestatus_server.providers.callback import Provider

_CLASSES = {
    "twilio": "Twilio",
    "vonage_messages": "VonageMessages",
    "vonage_sms": "VonageSms",
    "infobip": "Infobip",
    "sinch_sms": "SinchSms",
    "sinch_conversation": "SinchConversation",
    "messagebird": "MessageBird",
    "bird": "Bird",
    "plivo": "Plivo",
    "telnyx": "Telnyx",
    "aws_eum": "AwsEum",
    "meta_whatsapp": "MetaWhatsApp",
    "google_rbm": "GoogleRbm",
    "jasmin": "Jasmin",
    "kannel": "Kannel",
    "ryze": "Ryze",
    "namirial": "Namirial",
    "alphasms": "AlphaSms",
}

NAMES = tuple(_CLASSES)
"""The names of the providers, in the order in which they are shown."""


@cache
def provider(name: str) -> Provider:
    """Return a provider.

    Raises:
        KeyError: There is none of that name.
    """
    made = getattr(import_module(f"messagestatus_server.providers.{name}"), _CLASSES[name])()
    assert isinstance(made, Provider)
    return made
