"""The error of a request that cannot be carried out as it stands."""

from __future__ import annotations


class Refused(Exception):
    """What is missing or does not fit; the message says what to do about it."""
