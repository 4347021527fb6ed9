"""Names that the window, the command line and the core all use. Nothing is imported here: they are read at once."""

from __future__ import annotations

from typing import Literal, get_args

# Kinds of attention: "self" where there is one stack; the others where a decoder stands beside an encoder.
KINDS = ("self", "encoder", "decoder", "cross")

# What attention is read by.
Unit = Literal["token", "morpheme", "word", "character"]
UNITS: tuple[Unit, ...] = get_args(Unit)

# Of two sentences; first letter: the one that looks, second: the one that is looked at.
QUADRANTS = ("AA", "AB", "BA", "BB")

# Number types that a model's weights are held in.
DTYPES = ("float32", "float16", "bfloat16")

# What is measured of a head: on the text, then on repeated random tokens, then where the text has parts of speech; in
# the order of a table.
ON_TEXT = ("entropy", "mean_distance", "previous_token", "next_token", "same_token", "first_token", "separator")
ON_REPEATED = ("induction", "duplicate_token")
MEASURES = (*ON_TEXT, *ON_REPEATED, "same_part_of_speech")
