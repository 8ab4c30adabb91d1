"""An authenticator as a phone has it: made from the address of the QR code."""

import base64
import hashlib
import hmac
import struct
from urllib.parse import parse_qs, urlsplit

from models.clock import Clock


def code_of(otpauth_url: str, clock: Clock, *, steps: int = 0) -> str:
    """The code of now, or of so many steps of 30 s later (RFC 6238)."""
    parameters = parse_qs(urlsplit(otpauth_url).query)
    (secret,) = parameters["secret"]
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    counter = int(clock.now().timestamp()) // 30 + steps
    digest = hmac.new(key, struct.pack(">Q", counter), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"
