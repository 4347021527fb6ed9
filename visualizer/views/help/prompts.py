"""Prompts side by side, explained."""

from __future__ import annotations

from visualizer.views.help.data import Both, Caution, Do, Formula, Help, Try
from visualizer.views.help.scene import Scene


def tries(scene: Scene) -> tuple[Try, ...]:
    """Another measure, and answers with one more word."""
    found = [
        scene.propose(
            Do(options={"measure": "token"}),
            "Compare per token after “{text}”: does the best answer change?",
            "「{text}」の後で、トークンあたりで比べる。いちばんの答えは変わりますか。",
            text=scene.excerpt(),
        )
    ]
    candidates = scene.candidates(2)
    if len(candidates) == 2:
        first, second = candidates
        found.append(
            scene.propose(
                Do(options={"answers": f"{first.name}|{second.name}"}),
                "Ask for “{a}” and “{b}”, then add a prompt that makes “{b}” the better answer.",
                "「{a}」と「{b}」の確率を見る。次に、「{b}」のほうがよい答えになるプロンプトを加える。",
                a=first.name,
                b=second.name,
            )
        )
    return tuple(found)


HELP = Help(
    shows=Both(
        "Up to six prompts in one table, and the [[probability]] of each answer that you name after each of them. "
        "An answer of several [[token|tokens]] is scored exactly, token by token.",
        "最大 6 つのプロンプトを 1 つの表に並べ、指定した答えがそれぞれの後に続く[[probability|確率]]を示します。"
        "いくつもの[[token|トークン]]からなる答えも、1 トークンずつ正確に計算します。",
    ),
    reading=Both(
        "A row is a prompt, a column an answer. The best answer of a row is bold; the last column says what the model "
        "itself would write next. Point at a cell for the probability of each token.",
        "行がプロンプト、列が答えです。行の中でいちばん確率の高い答えを太字で示し、最後の列は、モデル自身が次に書く"
        "トークンです。マスを指すと、トークンごとの確率が出ます。",
    ),
    formulas=(
        Formula(
            r"p(a | x) = \prod_i p(a_i | x, a_1, …, a_{i-1})",
            Both(
                "<i>x</i>: the prompt; <i>a</i><sub>1</sub>, <i>a</i><sub>2</sub>, …: the answer's tokens. Per token "
                "it is the <i>n</i>-th root of this, for <i>n</i> tokens.",
                "<i>x</i> はプロンプト、<i>a</i><sub>1</sub>, <i>a</i><sub>2</sub>, … は答えのトークンです。トークンあ"
                "たりの値は、<i>n</i> トークンならこの積の <i>n</i> 乗根です。",
            ),
            "Brown et al. 2020, “Language Models are Few-Shot Learners”, § 2.4",
        ),
    ),
    tries=tries,
    misleads=(
        Caution(
            Both(
                "The probability is that of one way to cut the answer into tokens. The same words can often be cut "
                "otherwise, and those ways are not added.",
                "確率は、答えをトークンに分ける 1 つの分け方についてのものです。同じ言葉が別の分け方もできることが多く"
                "、その分は足していません。",
            ),
        ),
        Caution(
            Both(
                "Other words mean the same: “no” and “not at all” share the probability of one meaning.",
                "同じ意味の言い方はほかにもあります。1 つの意味の確率が、いくつもの言い方に分かれます。",
            ),
            "Holtzman et al. 2021, “Surface Form Competition”",
        ),
        Caution(
            Both(
                "Longer answers have smaller products. Per token or per character they can be compared, but a mean is "
                "no probability of the answer.",
                "長い答えほど積は小さくなります。トークンあたりや文字あたりなら比べられますが、平均は答えの確率では"
                "ありません。",
            ),
        ),
    ),
    terms=("probability", "token"),
)
