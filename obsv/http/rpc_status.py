"""google.rpc.Status, the shape of an error for OpenTelemetry's senders.

Source: `google/rpc/status.proto` and `code.proto`; "Failures" of OTLP/HTTP in the OpenTelemetry Protocol.
"""

from __future__ import annotations

import msgspec

PROTOBUF = "application/x-protobuf"
JSON = "application/json"

CODES = {400: 3, 401: 16, 402: 9, 403: 7, 404: 5, 405: 12, 413: 8, 415: 3, 422: 3, 429: 8, 503: 14}
"""gRPC's numbers by HTTP status; all else is INTERNAL."""
INTERNAL = 13


def rpc_status(status: int, message: str, content_type: str) -> tuple[str, bytes]:
    """(media type, body) of an error, in the encoding that the request has."""
    code = CODES.get(status, INTERNAL)
    if not content_type.startswith(PROTOBUF):
        return JSON, msgspec.json.encode({"code": code, "message": message})
    text = message.encode(errors="replace")
    return PROTOBUF, bytes((0x08, code, 0x12)) + _varint(len(text)) + text


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
