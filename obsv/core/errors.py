"""The one error model.  Services raise these; only `obsv.http` turns them into a response.

ObsvError 500
├── BadRequest 400
├── Unauthorized 401
├── PaymentRequired 402
├── Forbidden 403
├── NotFound 404
├── Conflict 409
├── Gone 410
├── TooLarge 413
├── Unsupported 415
├── Invalid 422
├── TooMany 429
└── Unavailable 503
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field; `pointer` is a JSON pointer (RFC 6901) into the request."""

    pointer: str
    detail: str


class ObsvError(Exception):
    """Something a person or program should be told.  `detail` says what, where and how to mend it.

    `facts` are what a program needs beside it: further members of the problem (RFC 9457, extension members).
    """

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal error"

    def __init__(
        self,
        detail: str = "",
        *,
        code: str | None = None,
        errors: Sequence[FieldError] = (),
        facts: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.code = code or self.title.lower().replace(" ", "_")
        self.errors = tuple(errors)
        self.facts = dict(facts or {})


class BadRequest(ObsvError):
    """The request itself cannot be understood."""

    status, title = 400, "Bad request"


class Unauthorized(ObsvError):
    """Nobody is signed in, or the token is not one of ours."""

    status, title = 401, "Not signed in"


class PaymentRequired(ObsvError):
    """The plan does not allow this any more."""

    status, title = 402, "Payment required"


class Forbidden(ObsvError):
    """Known, but without the right to do this."""

    status, title = 403, "Not allowed"


class NotFound(ObsvError):
    """It does not exist, or not for this organisation."""

    status, title = 404, "Not found"


class Conflict(ObsvError):
    """It does not fit what is there now."""

    status, title = 409, "Conflict"


class Gone(ObsvError):
    """It was here once."""

    status, title = 410, "Gone"


class TooLarge(ObsvError):
    """More bytes than the limit that the text names."""

    status, title = 413, "Too large"


class Unsupported(ObsvError):
    """A content type, encoding or version that is not spoken here."""

    status, title = 415, "Unsupported"


class Invalid(ObsvError):
    """Understood, but not acceptable; `errors` names the fields."""

    status, title = 422, "Invalid"


class _Retry(ObsvError):
    def __init__(self, detail: str = "", *, retry_after_s: float = 1, code: str | None = None) -> None:
        super().__init__(detail, code=code)
        self.retry_after_s = retry_after_s


class TooMany(_Retry):
    """A rate limit; come back after `retry_after_s`."""

    status, title = 429, "Too many requests"


class Unavailable(_Retry):
    """Cannot be done now; come back after `retry_after_s`."""

    status, title = 503, "Unavailable"
