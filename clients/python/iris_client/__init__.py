"""Talks to coding agents through an Iris server."""
from .aio import AsyncIris, AsyncTellStream
from .client import Iris
from .error_names import *  # noqa: F401,F403
from .errors import ConnectionLostError, IrisError, SignatureError
from .follow import Event
from .stream import Answer, Chunk, TellStream
from .webhook import verify_webhook
