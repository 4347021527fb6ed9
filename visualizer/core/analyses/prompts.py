"""Several prompts and the answers that a person names: what each answer is worth after each prompt, exactly.

An answer of several tokens has the probability of exactly these tokens after the prompt: the product of each one's,
given all before it. Other ways to cut the same answer into tokens are not added. The prompt's tokens stay what they are
in every column, so that all answers follow the same context: where a tokenizer would join the end of the prompt with
the start of the answer, both are cut apart between them, and the score says so.

Longer answers have smaller products; Brown et al. 2020 ("Language Models are Few-Shot Learners", section 2.4) compare
them per token.
"""

from __future__ import annotations

import copy
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from transformers import DynamicCache
from transformers.modeling_outputs import BaseModelOutput

from visualizer.core import capture, text
from visualizer.core.errors import Cancelled, CannotScore, EmptyText
from visualizer.core.forward import acting, passes, recording
from visualizer.core.request import Intervention, RunRequest
from visualizer.core.system import memo
from visualizer.core.system.progress import Progress, ShouldStop, never, unheard
from visualizer.core.writing.answers import Cut, alone, check_length, cut, joined, open_ids

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel

MOST_PROMPTS = 6
MOST_ANSWERS = 12
MEASURES = ("sum", "token", "character")
JOINS = ("blank", "exact")
PROPOSED = 3  # answers that are looked at while nobody has named any


@dataclass(frozen=True, slots=True)
class Question:
    """prompts: up to six. answers: up to twelve; (): the most probable tokens after the first prompt.

    join: "blank" puts one between prompt and answer where two words would touch, "exact" puts nothing. The rest as in
    `RunRequest`: of an encoder-decoder model the prompts are what the encoder reads, and the answers what is written.
    """

    prompts: tuple[str, ...]
    answers: tuple[str, ...] = ()
    join: str = "blank"
    interventions: tuple[Intervention, ...] = ()
    source_language: str | None = None
    target_language: str | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """One answer after one prompt.

    ids, labels: its tokens. log_probabilities: natural, of each token given all before it. written: the answer as it
    was joined to the prompt. is_apart: the tokenizer would have joined the prompt's end and the answer's start.
    """

    ids: tuple[int, ...]
    labels: tuple[str, ...]
    log_probabilities: tuple[float, ...]
    written: str
    is_apart: bool = False

    @property
    def log_probability(self) -> float:
        """Natural log of the probability of the whole answer."""
        return math.fsum(self.log_probabilities)

    def value(self, measure: str) -> float:
        """A probability: of the whole ("sum"), or its geometric mean per "token" or per "character"."""
        units = {"sum": 1, "token": len(self.ids), "character": max(1, len(self.written.strip()))}[measure]
        return math.exp(self.log_probability / units)


@dataclass(frozen=True, slots=True)
class Row:
    """One prompt. tokens: how many it has. best: (id, label, probability) of the most probable next token."""

    tokens: int
    best: tuple[int, str, float]
    scores: tuple[Score, ...] = ()

    def winner(self, measure: str) -> int:
        """The column of the best answer."""
        return max(range(len(self.scores)), key=lambda n: self.scores[n].value(measure), default=-1)


@dataclass(frozen=True, slots=True)
class Table:
    """rows: one a prompt, fewer while more are on their way. answers: as named, or as proposed."""

    question: Question
    answers: tuple[str, ...]
    rows: tuple[Row, ...] = ()
    are_proposed: bool = False


def measure(
    loaded: LoadedModel,
    question: Question,
    should_stop: ShouldStop = never,
    progress: Callable[[float, Table], Any] | Progress = unheard,
) -> Table:
    """Scores every answer after every prompt; progress(share, part) is given the rows that are known.

    One pass for each prompt; the answers are scored from its cache. Where there is none that can be copied, or
    something is done to the model, one pass for each answer, over prompt and answer together.

    Raises CannotScore, EmptyText, Cancelled, TokensWithoutRows, RunFailed, NotEnoughMemory, and for interventions as
    `capture.run` does.
    """
    if loaded.task not in ("causal", "seq2seq"):
        raise CannotScore("task", loaded.card.name)
    prompts, answers = question.prompts, question.answers
    if len(prompts) > MOST_PROMPTS or len(answers) > MOST_ANSWERS:
        raise CannotScore("many", f"{MOST_PROMPTS}, {MOST_ANSWERS}")
    if not prompts or not all(prompt.strip() for prompt in prompts):
        raise EmptyText
    scorer = _Scorer(loaded, question, should_stop)
    are_proposed = not answers
    with torch.inference_mode(), passes.failures_told(), _stoppable(loaded.model, should_stop):
        if are_proposed:
            answers = scorer.proposals(prompts[0])
            scorer = _Scorer(loaded, replace(question, join="exact"), should_stop)
        table = Table(question, answers, (), are_proposed)
        for n, prompt in enumerate(prompts):
            row = scorer.row(prompt, answers)
            table = replace(table, rows=(*table.rows, row))
            progress((n + 1) / len(prompts), table)  # type: ignore[arg-type]
    return table


# --- passes ------------------------------------------------------------------------------------


@contextmanager
def _stoppable(model: nn.Module, should_stop: ShouldStop) -> Iterator[None]:
    """Raises Cancelled between the layers of this thread's passes."""
    thread = threading.get_ident()

    def ask(_module: nn.Module, _args: Any) -> None:
        if threading.get_ident() == thread and should_stop():
            raise Cancelled

    handles = [block.register_forward_pre_hook(ask) for block in dict.fromkeys(recording.blocks(model))]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


@dataclass
class _Read:
    """A prompt that the model has read. logits: [vocabulary], of the next token; ids: what was fed."""

    ids: tuple[int, ...]
    logits: torch.Tensor
    cache: Any = None
    source: torch.Tensor | None = None
    encoder: Any = None


@dataclass
class _Scorer:
    loaded: LoadedModel
    question: Question
    should_stop: ShouldStop
    _reads: dict[str, _Read] = field(default_factory=dict)

    @property
    def _has_two_sides(self) -> bool:
        return self.loaded.kind == "encoder_decoder"

    def row(self, prompt: str, answers: Sequence[str]) -> Row:
        key = ("prompts", prompt, tuple(answers), replace(self.question, prompts=(), answers=()))
        found: Row | None = memo.find(self.loaded, key, None)
        if found is not None:
            return found
        read = self._read(prompt)
        chances = torch.softmax(read.logits.double(), dim=-1)
        best = int(chances.argmax())
        label = text.label_each(self.loaded.tokenizer, [best])[0]
        scores = tuple(self._score(prompt, read, answer) for answer in answers)
        row = Row(len(read.ids), (best, label, float(chances[best])), scores)
        return memo.keep(self.loaded, key, row, 256 * (1 + sum(len(score.ids) for score in scores)))

    def proposals(self, prompt: str) -> tuple[str, ...]:
        """What the most probable tokens after a prompt write, those that write something."""
        read = self._read(prompt)
        before = () if self._has_two_sides else read.ids
        start = text.decode(self.loaded.tokenizer, list(before))
        found: list[str] = []
        for token in torch.argsort(read.logits, descending=True, stable=True)[:64].tolist():
            whole = text.decode(self.loaded.tokenizer, [*before, token])
            written = whole[len(start) :] if whole.startswith(start) else ""
            if written.strip() and "\ufffd" not in written and written not in found and self._is_cut(prompt, written):
                found.append(written)
            if len(found) == PROPOSED:
                break
        return tuple(found)

    def _is_cut(self, prompt: str, written: str) -> bool:
        try:
            return bool(self._tokens(prompt, written).answer)
        except CannotScore:
            return False

    def _read(self, prompt: str) -> _Read:
        if prompt not in self._reads:
            read = self._read_two_sides(prompt) if self._has_two_sides else self._read_text(prompt)
            self._reads = {prompt: read}  # one prompt's cache at a time
        return self._reads[prompt]

    def _read_text(self, prompt: str) -> _Read:
        ids = tuple(open_ids(self.loaded, prompt))
        check_length(self.loaded, len(ids) + 1, prompt)
        self.loaded.check_ids(ids)
        cache = self._new_cache()
        output = self._run(self._tensor(ids), last_only=True, **({} if cache is None else {"past_key_values": cache}))
        return _Read(ids, output.logits[0, -1].float(), cache)

    def _read_two_sides(self, prompt: str) -> _Read:
        loaded, question = self.loaded, self.question
        encoding = text.encode(loaded.tokenizer, prompt, language=question.source_language)
        check_length(loaded, len(encoding.ids), prompt)
        loaded.check_ids(encoding.ids)
        source = self._tensor(encoding.ids)
        prefix = capture.decoder_prefix(loaded, question.target_language)
        read = _Read(prefix, torch.empty(0, dtype=torch.float32), source=source)
        if not question.interventions:
            given = {"input_ids": source, "attention_mask": torch.ones_like(source)}
            states = loaded.model.get_encoder()(**given)  # type: ignore[operator]
            read.encoder = BaseModelOutput(last_hidden_state=states[0])
        read.logits = self._decode(read, prefix)[-1].float()
        return replace(read, ids=tuple(encoding.ids))

    def _decode(self, read: _Read, ids: Sequence[int]) -> torch.Tensor:
        """Logits of every position of the decoder: [position, vocabulary]."""
        assert read.source is not None
        mask = torch.ones_like(read.source)
        given = {"input_ids": read.source} if read.encoder is None else {"encoder_outputs": read.encoder}
        with acting.at_work(self._at_work()):
            output: Any = self.loaded.model(
                **given, attention_mask=mask, decoder_input_ids=self._tensor(ids), use_cache=False
            )
        found: torch.Tensor = output.logits[0]
        return found

    def _tokens(self, prompt: str, written: str) -> Cut:
        if not self._has_two_sides:
            return cut(self.loaded, prompt, written)
        prefix = capture.decoder_prefix(self.loaded, self.question.target_language)
        answer = alone(self.loaded, (), written, True, self.question.target_language)
        answer = [token for n, token in enumerate(answer) if n or token != prefix[-1]]
        if not answer:
            raise CannotScore("empty", written.strip() or written)
        check_length(self.loaded, len(prefix) + len(answer), written)
        self.loaded.check_ids(answer)
        return Cut(prefix, tuple(answer))

    def _score(self, prompt: str, read: _Read, answer: str) -> Score:
        if self.should_stop():
            raise Cancelled
        if not answer.strip():
            raise CannotScore("empty", answer)
        written = answer.strip() if self._has_two_sides else joined(prompt, answer, self.question.join)
        tokens = self._tokens(prompt, written)
        logits = self._answer_logits(read, tokens)
        logs = torch.log_softmax(logits.double(), dim=-1)
        wanted = torch.tensor(tokens.answer, dtype=torch.long, device=logs.device)
        each = logs.gather(1, wanted[:, None])[:, 0].tolist()
        labels = tuple(text.label_each(self.loaded.tokenizer, tokens.answer))
        return Score(tokens.answer, labels, tuple(each), written, tokens.is_apart)

    def _answer_logits(self, read: _Read, tokens: Cut) -> torch.Tensor:
        """Logits from which each token of the answer is predicted: [token, vocabulary]."""
        count = len(tokens.answer)
        fed = tokens.answer[:-1]
        if self._has_two_sides:
            return self._decode(read, (*tokens.prompt, *fed))[-count:] if fed else read.logits[None]
        if self.question.interventions:  # what is done may depend on the text as a whole
            return self._whole(tokens)
        if not fed:
            return read.logits[None]
        if read.cache is None:
            return self._whole(tokens)
        output = self._run(
            self._tensor(fed),
            attention_mask=torch.ones((1, len(read.ids) + len(fed)), dtype=torch.long, device=read.logits.device),
            past_key_values=copy.deepcopy(read.cache),
        )
        return torch.cat([read.logits[None], output.logits[0].float()])

    def _whole(self, tokens: Cut) -> torch.Tensor:
        found: torch.Tensor = self._run(self._tensor((*tokens.prompt, *tokens.answer[:-1]))).logits[0]
        return found[-len(tokens.answer) :].float()

    def _run(self, ids: torch.Tensor, last_only: bool = False, **given: Any) -> Any:
        given.setdefault("attention_mask", torch.ones_like(ids))
        taken = passes.arguments_of(self.loaded.model)
        if last_only and "logits_to_keep" in taken:
            given["logits_to_keep"] = 1
        if "use_cache" in taken:
            given["use_cache"] = "past_key_values" in given
        if "attention_mask" not in taken:
            given.pop("attention_mask")
        with acting.at_work(self._at_work()):
            return self.loaded.model(input_ids=ids, **given)

    def _at_work(self) -> acting.Acting | None:
        request = RunRequest("", interventions=self.question.interventions)
        return capture.interventions_of(self.loaded, request, self.should_stop)

    def _new_cache(self) -> Any:
        """A cache that can be copied; None where the model makes another kind of its own."""
        card = self.loaded.card
        if not self.loaded.registry or self.question.interventions or card.layers_with_attention < card.layers:
            return None
        return DynamicCache(config=self.loaded.config)

    def _tensor(self, ids: Sequence[int]) -> torch.Tensor:
        return torch.tensor([list(ids)], dtype=torch.long, device=self.loaded.model.device)
