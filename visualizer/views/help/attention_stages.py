"""The computation of attention, explained."""

from __future__ import annotations

from visualizer.views.help.data import Both, Caution, Do, Formula, Help, Try
from visualizer.views.help.scene import Scene, select_head


def tries(scene: Scene) -> tuple[Try, ...]:
    """One pair of words before the softmax and after it, and what the head writes."""
    place, cell = scene.first, scene.strongest(scene.first)
    if cell is None:
        select, words = select_head(place), {"a": scene.trace.query_tokens(place.kind)[-1].name, "b": "…"}
    else:
        select, words = cell.select(), {"a": cell.looks, "b": cell.looked_at}
    return (
        scene.propose(
            Do(select=select, options={"stage": "dot"}),
            "See the dot product of “{a}” and “{b}” in {head}, then press ] to follow it to its weight.",
            "{head}で「{a}」と「{b}」の内積を見る。そこから ] を押していくと、重みになるまでを追えます。",
            head=scene.name(place),
            **words,
        ),
        scene.propose(
            Do(select=select, options={"stage": "output"}),
            "See what “{a}” collects: the values of all that it looks at, by weight.",
            "「{a}」が集めるものを見る。見た先のバリューを、重みに応じて足し合わせたものです。",
            **words,
        ),
    )


HELP = Help(
    shows=Both(
        "How the [[weight|weights]] of one [[head]] come about, step by step: [[query|queries]], [[key|keys]], their "
        "[[dot_product|dot products]], [[scaling]], [[mask]], [[softmax]], and what the head then collects from the "
        "[[value|values]] and writes into the [[residual_stream|residual stream]].",
        "1 つの[[head|ヘッド]]の[[weight|重み]]ができるまでを、順に示します。[[query|クエリ]]、[[key|キー]]、その"
        "[[dot_product|内積]]、[[scaling|スケーリング]]、[[mask|マスク]]、[[softmax|ソフトマックス]]と進み、最後にヘッ"
        "ドが[[value|バリュー]]から集めたものを[[residual_stream|残差ストリーム]]に書き込みます。",
    ),
    reading=Both(
        "The row of steps at the top is the order of the computation; [ and ] go back and forward. Point at a cell: "
        "its formula appears with the real numbers. Blue is negative, red is positive, each step has its own scale of "
        "colours.\n\n"
        "The line below says by how much these steps differ from what the model itself computed.",
        "上に並ぶ手順が計算の順序です。[ と ] で前後に進みます。マスを指すと、実際の数値を入れた式が出ます。青は負、赤"
        "は正で、色の尺度は手順ごとに違います。\n\n"
        "下の行は、ここに示した計算とモデル自身の計算との差です。",
    ),
    formulas=(
        Formula(
            r"\text{Attention}(Q, K, V) = \softmax( \frac{QK^{\text{T}}}{\sqrt{d_k}} ) V",
            Both(
                "<i>Q</i> = <i>XW<sup>Q</sup></i>, <i>K</i> = <i>XW<sup>K</sup></i>, <i>V</i> = <i>XW<sup>V</sup></i>: "
                "the tokens’ vectors <i>X</i> through three learned matrices. √<i>d<sub>k</sub></i> keeps dot products "
                "of many dimensions from making the [[softmax]] all or nothing.",
                "<i>Q</i> = <i>XW<sup>Q</sup></i>、<i>K</i> = <i>XW<sup>K</sup></i>、<i>V</i> = <i>XW<sup>V</sup></i> "
                "は、トークンのベクトル <i>X</i> に学習された 3 つの行列を掛けたものです。次元が多いと内積が大きくなり"
                "、[[softmax|ソフトマックス]]が 1 つに偏りすぎるので、√<i>d<sub>k</sub></i> で割ります。",
            ),
            "Vaswani et al. 2017, “Attention Is All You Need”, § 3.2.1, eq. (1)",
        ),
        Formula(
            r"\text{MultiHead} = \text{Concat}(\text{head}_1, …, \text{head}_h) W^O",
            Both(
                "The heads work side by side; <i>W<sup>O</sup></i> mixes their outputs and adds them to the "
                "[[residual_stream|residual stream]].",
                "ヘッドは並んで働きます。<i>W<sup>O</sup></i> がその出力をまとめ、[[residual_stream|残差ストリーム]]に"
                "足します。",
            ),
            "Vaswani et al. 2017, § 3.2.2",
        ),
    ),
    tries=tries,
    misleads=(
        Caution(
            Both(
                "Single dimensions need not mean anything of their own: turning queries and keys by the same rotation "
                "leaves all dot products as they are.",
                "1 つ 1 つの次元に意味があるとは限りません。クエリとキーに同じ回転をほどこしても、内積はすべて同じまま"
                "です。",
            ),
            "Elhage et al. 2021, “A Mathematical Framework for Transformer Circuits”",
        ),
        Caution(
            Both(
                "The score before the softmax says nothing alone: adding the same number to a whole row changes no "
                "weight. Compare only within a row.",
                "ソフトマックスの前のスコアは、それだけでは何も語りません。1 行の全体に同じ数を足しても、重みは変わら"
                "ないからです。比べられるのは同じ行の中だけです。",
            ),
        ),
        Caution(
            Both(
                "How much a token contributes depends on its value as well as on its weight.",
                "トークンの寄与は、重みだけでなくバリューの大きさにもよります。",
            ),
            "Kobayashi et al. 2020, “Attention is Not Only a Weight”, § 3",
        ),
    ),
    terms=("query", "key", "value", "dot_product", "scaling", "mask", "softmax", "residual_stream", "rotary"),
)
