from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from typing import Any, Mapping, Optional, Sequence, Union

from .errors import SignatureError


def verify_webhook(
    secret: Union[str, Sequence[str]],
    headers: Mapping[str, str],
    body: Union[str, bytes],
    *,
    tolerance: float = 300,
    now: Optional[float] = None,
) -> Any:
    """
    Reads a webhook as Standard Webhooks signs it (HMAC-SHA-256 over id, time and body). `body` is as it came, before any
    parsing; `secret` begins with `whsec_`, and while one is being rotated there may be several. Raises SignatureError.
    `tolerance` (s) is how old or how far in the future it may be; `now` is Unix s.
    """
    given = {name.lower(): value for name, value in headers.items()}
    id, timestamp, signatures = (given.get(f"webhook-{name}") for name in ("id", "timestamp", "signature"))
    if not id or not timestamp or not signatures:
        raise SignatureError("The headers webhook-id, webhook-timestamp and webhook-signature are needed")
    if not (timestamp.isascii() and timestamp.isdigit()):
        raise SignatureError("webhook-timestamp is no time")
    if abs((time.time() if now is None else now) - int(timestamp)) > tolerance:
        raise SignatureError("The webhook is too old, or from the future")
    data = body.encode() if isinstance(body, str) else body
    content = f"{id}.{timestamp}.".encode() + data
    for one in [secret] if isinstance(secret, str) else secret:
        expected = hmac.new(_secret_bytes(one), content, hashlib.sha256).digest()
        for candidate in signatures.split(" "):
            # compare_digest takes the same time whatever the signature is.
            if candidate.startswith("v1,") and hmac.compare_digest(_decode(candidate[3:]), expected):
                return json.loads(data)
    raise SignatureError("No signature fits the secret")


def _secret_bytes(secret: str) -> bytes:
    key = _decode(secret[6:] if secret.startswith("whsec_") else secret)
    if not key:
        raise ValueError("The secret is no base64")
    return key


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""
