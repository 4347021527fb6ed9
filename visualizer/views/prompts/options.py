"""What a person may choose in the table of prompts alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from visualizer.session.options import option

MEASURES = ("sum", "token", "character")
JOINS = ("blank", "exact")
BETWEEN_PROMPTS = "\n---\n"
BETWEEN_ANSWERS = "|"
MOST = 6  # prompts


@dataclass(frozen=True, slots=True)
class Options:
    """prompts: with a line "---" between them; "": the text at hand. answers: with "|" between them; "": the model's.

    measure: "sum", the whole answer's probability, or its mean per "token" or "character". join: whether a blank is put
    between a prompt and an answer where two words would touch.
    """

    prompts: str = option(
        "", 'up to six prompts, with a line "---" between them', flag="--prompts", kept=False, longest=60_000
    )
    answers: str = option(
        "", 'answers whose probability is asked, with "|" between them', flag="--answers", kept=False
    )
    measure: str = option("sum", "what is compared of an answer", choices=MEASURES, flag="--answer-measure")
    join: str = option("blank", "what stands between prompt and answer", choices=JOINS, flag="--answer-join")


def prompts_of(options: Options) -> tuple[str, ...]:
    """The prompts, as they are written; () while there are none."""
    return tuple(one for one in options.prompts.split(BETWEEN_PROMPTS) if one.strip())[:MOST]


def answers_of(options: Options) -> tuple[str, ...]:
    """The answers, each once; () while there are none."""
    return tuple(dict.fromkeys(one for one in options.answers.split(BETWEEN_ANSWERS) if one.strip()))


def together(prompts: Iterable[str]) -> str:
    """What `prompts_of` reads."""
    return BETWEEN_PROMPTS.join(prompts)
