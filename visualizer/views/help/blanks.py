"""Several blanks, explained."""

from __future__ import annotations

from visualizer.views.help.data import Both, Caution, Do, Formula, Help, Try
from visualizer.views.help.scene import Scene


def tries(scene: Scene) -> tuple[Try, ...]:
    """One word, then two, so that one can be compared with the other."""
    words = scene.words()
    if not words:
        return ()
    (at, token), (second, other) = words[-1], words[0]
    found = [
        scene.propose(
            Do(options={"blanked": frozenset({at})}),
            "Blank “{token}” alone: does the model find it again?",
            "「{token}」だけを空欄にする。モデルは元の語を当てられますか。",
            token=token.name,
        ),
        scene.propose(
            Do(options={"blanked": frozenset({at, second})}),
            "Blank “{token}” and “{other}” together: what does the loss of one do to the other?",
            "「{token}」と「{other}」を同時に空欄にする。片方がなくなると、もう片方の予測はどう変わりますか。",
            token=token.name,
            other=other.name,
        ),
    ]
    return tuple(found)


HELP = Help(
    shows=Both(
        "What a [[masked_model|model that fills blanks]] puts into several [[blank|blanks]] at once. A click on a "
        "token "
        "blanks it, a second click restores it; typed blanks are there as well. The text itself stays as it is, and "
        "the "
        "other views go on showing it.\n\n"
        "Of a pair of sentences the model’s judgement stands below, where it has a head for it: how probable it is "
        "that they belong together, with the blanks and without.",
        "[[masked_model|穴埋めをするモデル]]が、いくつかの[[blank|空欄]]に同時に何を入れるかを示します。トークンをク"
        "リックする"
        "と空欄になり、もう一度クリックすると元に戻ります。入力した空欄も、そのまま空欄です。テキストは変わらないので"
        "、ほかのビ"
        "ューは元の文を表示し続けます。\n\n"
        "2 つの文を入れていて、モデルにその判定をする部分があれば、2 文がつながっているかどうかの判定も、空欄のあると"
        "きとない"
        "ときで並べます。",
    ),
    reading=Both(
        "Each bar is the [[probability]] of one token in one blank, over the whole vocabulary; with the last row they "
        "add up to 100 %. The token that really stands there is marked; its [[rank]] is in the line above.",
        "1 本の棒が、その空欄に 1 つのトークンが入る[[probability|確率]]です。語彙全体での値で、最後の行まで足すと "
        "100 % になり"
        "ます。実際にそこにあるトークンには印がつき、その[[rank|順位]]が上の行に出ます。",
    ),
    formulas=(
        Formula(
            r"p(x_i | x_{≠M}), i \in M",
            Both(
                "<i>M</i>: the blanks; <i>x</i><sub>≠<i>M</i></sub>: all tokens that are not blank. Every blank has a "
                "distribution of its own.",
                "<i>M</i> は空欄の集まり、<i>x</i><sub>≠<i>M</i></sub> は空欄でないすべてのトークンです。空欄ごとに "
                "1 つの分布が"
                "あります。",
            ),
            "Devlin et al. 2019, “BERT”, § 3.1 (masked LM, next sentence prediction)",
        ),
    ),
    tries=tries,
    misleads=(
        Caution(
            Both(
                "The best tokens of two blanks need not fit each other: each was chosen without knowing the other.",
                "2 つの空欄の 1 位どうしが合うとは限りません。どちらも、もう一方を知らずに選ばれています。",
            ),
            "Wang & Cho 2019, “BERT has a Mouth, and It Must Speak”",
        ),
        Caution(
            Both(
                "A blank is one token. A word of several tokens leaves as many blanks, and their number tells how long "
                "the word is.",
                "空欄 1 つがトークン 1 つです。複数のトークンからなる単語は同じ数の空欄になり、その数から語の長さがわ"
                "かってしまい"
                "ます。",
            ),
        ),
        Caution(
            Both(
                "What fits best is what is usual in such texts, not what is true.",
                "よく合うものは、そうした文でよく使われるものであって、正しいものとは限りません。",
            ),
            "Kassner & Schütze 2020, “Negated and Misprimed Probes for Pretrained Language Models”",
        ),
    ),
    terms=("masked_model", "blank", "probability", "rank", "vocabulary"),
)
