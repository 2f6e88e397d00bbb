from __future__ import annotations

import json
from typing import Any, Dict, Optional


class IrisError(Exception):
    """Every error of this library. Those that the server names have a class of that name below this one."""

    def __init__(self, error: str, message: str, status_code: int = 0, details: Optional[Dict[str, Any]] = None):
        super().__init__(message)
        #: The server's name for it.
        self.name = error
        self.message = message
        #: The HTTP status; 0 where there was no answer.
        self.status_code = status_code
        #: What a program may want to know, e.g. tellId, retryAfter (s), exitCode.
        self.details = details or {}


class ConnectionLostError(IrisError):
    """The server cannot be reached, or the connection broke, and trying again did not help."""

    def __init__(self, message: str):
        super().__init__("ConnectionLostError", message)


class SignatureError(IrisError):
    """A webhook that is not from who knows the secret, or is too old."""

    def __init__(self, message: str):
        super().__init__("SignatureError", message)


def error_of(body: Dict[str, Any], details: Optional[Dict[str, Any]] = None) -> IrisError:
    """The error of the class that its name says; of the base class where a later server names one that is not known here."""
    from .error_names import ERRORS

    kind = ERRORS.get(body["error"], IrisError)
    return kind(body["error"], body["message"], body["statusCode"], {**body.get("details", {}), **(details or {})})


def read_error_body(data: bytes) -> Optional[Dict[str, Any]]:
    """None where it is no error of Iris: then something in between has answered."""
    try:
        body = json.loads(data)
    except ValueError:
        return None
    if isinstance(body, dict) and isinstance(body.get("error"), str) and isinstance(body.get("message"), str) and isinstance(body.get("statusCode"), int):
        return body
    return None
