"""Authentication of clients: certificates, and the ZAP handler (RFC 27) that checks them."""

from __future__ import annotations

from . import base, certs
from .base import CURVE_ALLOW_ANY, Authenticator
from .certs import create_certificates, load_certificate, load_certificates
from .curve import secure_client, secure_server

__all__ = [
    "CURVE_ALLOW_ANY",
    "Authenticator",
    "base",
    "certs",
    "create_certificates",
    "load_certificate",
    "load_certificates",
    "secure_client",
    "secure_server",
]
