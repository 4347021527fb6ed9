"""The attention map, explained."""

from __future__ import annotations

from visualizer.views.help.data import Both, Caution, Do, Formula, Help, Try
from visualizer.views.help.scene import Scene, select_head


def tries(scene: Scene) -> tuple[Try, ...]:
    """The head that shows most, its strongest pair of words, and the sinks."""
    found = [
        scene.propose(
            Do(select={**select_head(scene.first), "query": None, "key": None}),
            "Look at {head}: of all heads it shows most on this text.",
            "{head}を見る。この文で最も特徴がはっきり出ているヘッドです。",
            head=scene.name(scene.first),
        )
    ]
    if (cell := scene.strongest(scene.first)) is not None:
        found.append(
            scene.propose(
                Do(select=cell.select()),
                "Lock “{a}” → “{b}”: this head’s strongest look at another word, weight {weight:.2f}.",
                "「{a}」→「{b}」を固定する。このヘッドがほかの語に向ける最も強い注意で、重みは {weight:.2f} です。",
                a=cell.looks,
                b=cell.looked_at,
                weight=cell.weight,
            )
        )
    hidden = scene.selection.rule.hide_sinks
    found.append(
        scene.propose(
            Do(select={"hide_sinks": not hidden}),
            "Show the sinks again." if hidden else "Hide the sinks: what is left once nobody may look at “{first}”?",
            "シンクをふたたび表示する。"
            if hidden
            else "シンクを隠す。「{first}」などを除くと、どの語への注意が残りますか。",
            first=scene.trace.key_tokens(scene.selection.kind)[0].name,
        )
    )
    return tuple(found)


HELP = Help(
    shows=Both(
        "All [[weight|attention weights]] of one [[head]]. Each row is one token that looks (the [[query]]), each "
        "column one that is looked at (the [[key]]). The colour of a cell is the share of its attention that the row’s "
        "token gives to the column’s.",
        "1 つの[[head|ヘッド]]の[[weight|注意の重み]]をすべて表にしたものです。行は見る側のトークン([[query|クエリ]])、"
        "列は見られる側のトークン([[key|キー]])です。マスの色は、行のトークンが自分の注意のうち何割を列のトークンに"
        "配っているかを表します。",
    ),
    reading=Both(
        "Read along a row: “where does this token look?” Every row adds up to 1. Read down a column: “who looks at "
        "this token?” A column may add up to anything.\n\n"
        "A dark diagonal means that tokens look at themselves; a line beside it, at their neighbour; a dark column, "
        "that all look at one token, often a [[sink]]. Hatched cells are [[mask|masked]]: a model that writes from "
        "left to right may not look ahead.",
        "行に沿って読むと「このトークンはどこを見ているか」が分かります。行の合計は必ず 1 です。列に沿って読むと"
        "「このトークンはだれから見られているか」が分かります。列の合計には決まりがありません。\n\n"
        "対角線が濃ければ自分自身を、その隣の斜めの線が濃ければ隣のトークンを見ています。縦の列が濃ければ、みなが同じ"
        "トークンを見ています。これは[[sink|シンク]]であることが多いものです。斜線のマスは[[mask|マスク]]されていて、"
        "見ることができません。左から右へ書くモデルは、先のトークンを見られないからです。",
    ),
    formulas=(
        Formula(
            r"a_{ij} = \frac{\exp s_{ij}}{\sum_m \exp s_{im}},  s_{ij} = \frac{q_i·k_j}{\sqrt{d_k}}",
            Both(
                "<i>a<sub>ij</sub></i>: weight of key <i>j</i> for query <i>i</i>. <i>q<sub>i</sub></i>, "
                "<i>k<sub>j</sub></i>: the [[query]] and [[key]] vectors; <i>d<sub>k</sub></i>: how many numbers each "
                "has. The sum runs over all keys <i>m</i> that may be looked at ([[softmax]]). Some models add a "
                "[[position_bias|position bias]] to <i>s<sub>ij</sub></i> or scale it differently: the weights shown "
                "are always the model’s own.",
                "<i>a<sub>ij</sub></i> はクエリ <i>i</i> がキー <i>j</i> に向ける重み、<i>q<sub>i</sub></i> と <i>k"
                "<sub>j</sub></i> は[[query|クエリ]]と[[key|キー]]のベクトル、<i>d<sub>k</sub></i> はその次元数です。"
                "和は、見てよいすべてのキー <i>m</i> についてとります([[softmax|ソフトマックス]])。<i>s<sub>ij</sub>"
                "</i> に[[position_bias|位置バイアス]]を足すモデルや、縮め方の異なるモデルもあります。表示されるのは、"
                "つねにそのモデル自身の重みです。",
            ),
            "Vaswani et al. 2017, “Attention Is All You Need”, § 3.2.1, eq. (1)",
        ),
    ),
    tries=tries,
    misleads=(
        Caution(
            Both(
                "A large weight is not a reason. Quite different attention can lead to the same prediction.",
                "重みが大きいことは、予測の理由であることを意味しません。まったく違う注意から同じ予測が得られることも"
                "あります。",
            ),
            "Jain & Wallace 2019, “Attention is not Explanation”",
        ),
        Caution(
            Both(
                "Nor is it meaningless: whether attention explains depends on what one calls an explanation, and it "
                "has to be tested on the model at hand.",
                "とはいえ、無意味でもありません。注意が説明になるかどうかは「説明」を何と考えるかによります。"
                "調べるモデルごとに確かめる必要があります。",
            ),
            "Wiegreffe & Pinter 2019, “Attention is not not Explanation”",
        ),
        Caution(
            Both(
                "What arrives is the weight times the transformed [[value]]. A much looked-at token with a short "
                "vector (often “.”, [SEP] or the first token) contributes little.",
                "実際に届くのは、重みに変換後の[[value|バリュー]]を掛けたものです。強く見られていても、ベクトルが短い"
                "トークン(「。」、[SEP]、先頭のトークンなど)の寄与はわずかです。",
            ),
            "Kobayashi et al. 2020, “Attention is Not Only a Weight”, § 3",
        ),
        Caution(
            Both(
                "From the second layer on, a position no longer holds its own token alone: it has collected others "
                "already.",
                "2 層目からは、各位置はもとのトークンだけを表しているのではありません。すでにほかのトークンの情報が"
                "混ざっています。",
            ),
            "Brunner et al. 2020, “On Identifiability in Transformers”; Abnar & Zuidema 2020",
        ),
    ),
    terms=("attention", "head", "query", "key", "weight", "softmax", "mask", "sink"),
)
