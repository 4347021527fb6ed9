"""Prompts to start from: one question asked in four ways, in both languages."""

from __future__ import annotations

from dataclasses import dataclass

from visualizer.ui.bilingual import Both


@dataclass(frozen=True, slots=True)
class Template:
    """name: of the way of asking. prompt: to be edited; answers: what may follow, with "|" between them."""

    id: str
    name: Both
    prompt: Both
    answers: Both


TEMPLATES = (
    Template(
        "zero_shot",
        Both("Zero-shot", "例なし(ゼロショット)"),
        Both("Opposite of hot:", "「暑い」の反対は「"),
        Both("cold|warm", "寒い|涼しい"),
    ),
    Template(
        "few_shot",
        Both("Few-shot", "例つき(フューショット)"),
        Both(
            "Opposite of big: small\nOpposite of old: new\nOpposite of hot:",
            "「大きい」の反対は「小さい」\n「古い」の反対は「新しい」\n「暑い」の反対は「",
        ),
        Both("cold|warm", "寒い|涼しい"),
    ),
    Template(
        "passage",
        Both("With a passage", "文章つき"),
        Both(
            "Summers here are hot, and winters are cold.\nQuestion: What are winters like?\nAnswer:",
            "ここの夏は暑く、冬は寒い。\n質問:冬はどうですか。\n答え:",
        ),
        Both("cold|hot", "寒い|暑い"),
    ),
    Template(
        "steps",
        Both("Step by step", "順を追って"),
        Both(
            "Opposite of hot?\nLet us think step by step. Hot means a high temperature. The opposite is a low one.\n"
            "So the answer is:",
            "「暑い」の反対は何ですか。\n順を追って考えます。「暑い」は気温が高いことです。反対は気温が低いことです。\n"
            "したがって、答えは「",
        ),
        Both("cold|warm", "寒い|涼しい"),
    ),
)
