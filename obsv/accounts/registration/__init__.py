"""Making an account, proving an address, getting back in, and changing what an account is made of."""

from __future__ import annotations

from obsv.accounts.registration.address import Address
from obsv.accounts.registration.mode import RegistrationMode
from obsv.accounts.registration.password import PasswordChange
from obsv.accounts.registration.register import Registration, RegistrationForm

__all__ = ["Address", "PasswordChange", "Registration", "RegistrationForm", "RegistrationMode"]
