"""Sentence pairs from TSV files (English TAB Japanese), cleaned so that what is measured was never trained on.

One kind of file holds its English lower-cased and split ("i can 't swim ."). `restore` gives such a sentence its
natural spelling ("I can't swim."), with the capitals that naturally spelled files show; `lower_split` goes the other
way. Models see both spellings, so that they are at home in either.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

_WORD = re.compile(r"[A-Za-z][A-Za-z.\-]*[A-Za-z]|[A-Za-z]")
_ATTACH_LEFT = re.compile(r" (?=[.,!?;:%](?: |$)|\.\.\.)")
_CLITIC = re.compile(r"(?<=\w) '(?=(?:t|s|m|ll|ve|d|re|clock)\b)")
_KEY = re.compile(r"[\W_]+")
_TITLES = {"mr.": "Mr.", "mrs.": "Mrs.", "ms.": "Ms.", "dr.": "Dr.", "u.s.": "U.S.", "o.k.": "O.K."}


@dataclass(frozen=True)
class Pair:
    """One English sentence (natural spelling), the same as its file spells it, and its Japanese."""

    english: str
    english_raw: str
    japanese: str


@dataclass(frozen=True)
class Split:
    """Disjoint lists of pairs: `train`, and two that no model was trained on."""

    train: tuple[Pair, ...]
    dev: tuple[Pair, ...]
    held_out: tuple[Pair, ...]


def read_tsv(path: Path) -> list[tuple[str, str]]:
    """Read (English, Japanese) rows; raises ValueError naming the line that has not two columns."""
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        columns = line.split("\t")
        if len(columns) != 2:
            raise ValueError(f"{path}:{number}: expected English TAB Japanese, found {len(columns)} columns")
        rows.append((columns[0].strip(), columns[1].strip()))
    return rows


def is_lower_split(rows: Sequence[tuple[str, str]]) -> bool:
    """Whether a file spells its English lower-cased and split (its full stops stand alone)."""
    sample = [english for english, _ in rows[:2000]]
    return sum(english == english.lower() for english in sample) > 0.9 * len(sample)


def lower_split(sentence: str) -> str:
    """Natural spelling to lower-cased and split: "I can't swim." -> "i can 't swim ."."""
    text = sentence.lower().replace("’", "'")
    text = re.sub(r"(?<=\w)'(?=\w)", " '", text)
    text = re.sub(r"([!?;:\"]|,(?!\d)|\.(?=\s*$|\s+['\"]?\s*$|\"))", r" \1 ", text)
    return re.sub(r"\s+", " ", text).strip()


class Capitals:
    """Which words are written with a capital, learnt from naturally spelled sentences.

    A word is capitalised when most of its uses inside sentences are, or when it begins sentences and is never seen in
    lower case (names that only begin sentences).
    """

    def __init__(self, sentences: Iterable[str]) -> None:
        inside: dict[str, Counter[str]] = {}
        starts: Counter[str] = Counter()
        for sentence in sentences:
            for match in _WORD.finditer(sentence):
                word = match.group()
                before = sentence[: match.start()].rstrip()
                if not before or before[-1] in '.!?":':
                    starts[word] += 1
                else:
                    inside.setdefault(word.lower(), Counter())[word] += 1
        self.best = {lower: counts.most_common(1)[0][0] for lower, counts in inside.items()}
        for word in starts:
            if word[0].isupper() and word.lower() not in self.best:
                self.best[word.lower()] = word

    def apply(self, word: str) -> str:
        return self.best.get(word, word)


def restore(sentence: str, capitals: Capitals) -> str:
    """Lower-cased and split spelling to natural: "i can 't swim ." -> "I can't swim."."""
    text = re.sub(r"\s+", " ", sentence.strip())
    text = _ATTACH_LEFT.sub("", _CLITIC.sub("'", text))
    text = re.sub(r"(?:''|``) (.+?) ?(?:''|``)", r'"\1"', text)
    text = re.sub(r"\s*(?:''|``)\s*", " ", text).strip()
    text = re.sub(r"(?<=s) '(?= )", "'", text)
    words = []
    for word in text.split(" "):
        core = word.strip('",!?;:')
        if core in _TITLES:
            words.append(word.replace(core, _TITLES[core]))
            continue
        words.append(_WORD.sub(lambda match: capitals.apply(match.group()), word))
    text = " ".join(words)
    text = re.sub(r"\bi(?=$|[ '.,!?])", "I", text)
    return re.sub(r"^([\"']?)([a-z])|(?<=[.!?] )([a-z])", lambda match: match.group().upper(), text)


def key(sentence: str) -> str:
    """What makes two sentences the same: letters and digits only, case folded."""
    return _KEY.sub("", sentence.lower())


def load_pairs(paths: Sequence[Path], capitals: Capitals | None = None) -> list[Pair]:
    """Read files of either spelling; lower-cased ones are restored with the capitals of the natural ones."""
    files = [read_tsv(path) for path in paths]
    natural = [english for rows in files if not is_lower_split(rows) for english, _ in rows]
    capitals = capitals or Capitals(natural)
    pairs = []
    for rows in files:
        restoring = is_lower_split(rows)
        for english, japanese in rows:
            if restoring:
                pairs.append(Pair(restore(english, capitals), english, japanese))
            else:
                pairs.append(Pair(english, lower_split(english), japanese))
    return pairs


def make_split(train: Sequence[Path], dev: Path, held_out: int = 600, seed: int = 1) -> Split:
    """Split so that no sentence of `dev` or of the held-out part, in either language, occurs in `train`.

    The held-out part is drawn by the seed from the naturally spelled files as they stand one after the other, so the
    same files in another order give another one.
    """
    files = {path: read_tsv(path) for path in train}
    natural_paths = [path for path in train if not is_lower_split(files[path])]
    capitals = Capitals(english for path in natural_paths for english, _ in files[path])
    everything = load_pairs(train, capitals)
    dev_pairs = load_pairs([dev], capitals)

    seen_english = {key(pair.english) for pair in dev_pairs}
    seen_japanese = {key(pair.japanese) for pair in dev_pairs}
    allowed = [p for p in everything if key(p.english) not in seen_english and key(p.japanese) not in seen_japanese]
    candidates = load_pairs(natural_paths, capitals) if natural_paths else list(allowed)
    candidates = [p for p in candidates if key(p.english) not in seen_english and key(p.japanese) not in seen_japanese]
    random.Random(seed).shuffle(candidates)

    chosen: list[Pair] = []
    held_english: set[str] = set()
    held_japanese: set[str] = set()
    for pair in candidates:
        if len(chosen) == held_out:
            break
        if key(pair.english) in held_english or key(pair.japanese) in held_japanese:
            continue
        chosen.append(pair)
        held_english.add(key(pair.english))
        held_japanese.add(key(pair.japanese))
    kept = [p for p in allowed if key(p.english) not in held_english and key(p.japanese) not in held_japanese]
    unique = {(key(p.english), p.japanese): p for p in reversed(kept)}
    return Split(tuple(reversed(unique.values())), tuple(dev_pairs), tuple(chosen))


def unique_japanese(pairs: Iterable[Pair]) -> list[str]:
    """Every Japanese sentence once, in order."""
    return list(dict.fromkeys(pair.japanese for pair in pairs))


def unique_english(pairs: Iterable[Pair]) -> list[tuple[str, str]]:
    """Every English sentence once, as (natural, lower-cased and split)."""
    return list({key(pair.english): (pair.english, pair.english_raw) for pair in pairs}.values())
