"""Position encodings, explained."""

from __future__ import annotations

from visualizer.views.help.data import Both, Caution, Do, Formula, Help, Try
from visualizer.views.help.scene import Scene, select_head


def tries(scene: Scene) -> tuple[Try, ...]:
    """The formula of the paper; where order matters; the position at work in the queries."""
    words = scene.words()
    found = [
        scene.propose(
            Do(options={"formula": True, "pair": 0}),
            "Open the formula with the fastest pair: how far apart are “{a}” and “{b}” on it?",
            "式を開き、最も速く変わる組を見る。「{a}」と「{b}」の値はどれだけ違いますか。",
            a=words[0][1].name if words else scene.trace.tokens[0].name,
            b=words[-1][1].name if words else scene.trace.tokens[-1].name,
        ),
        scene.propose(
            Do(options={"formula": True, "pair": 63}),
            "Now a slow pair: over these {count} tokens it hardly moves. What is it good for?",
            "遅い組を見る。この {count} トークンの間ではほとんど変わりません。何の役に立つのでしょうか。",
            count=len(scene.trace.tokens),
        ),
    ]
    if any(part.kind == "rotary" for part in scene.trace.positions.parts):
        found.append(
            scene.propose(
                Do("attention_stages", select=select_head(scene.first), options={"stage": "query"}),
                "See the queries of {head} turned by their positions.",
                "{head}のクエリが、位置に応じて回されたところを見る。",
                head=scene.name(scene.first),
            )
        )
    return tuple(found)


HELP = Help(
    shows=Both(
        "How this model knows the order of the words. [[attention|Attention]] alone does not: shuffled words would "
        "give the same sums. So the model adds a vector for each position to the [[embedding|embeddings]] ("
        "[[sinusoidal]] or learned), or turns queries and keys by an angle ([[rotary]]), or adds a "
        "[[position_bias|bias]] for the distance to the scores ([[alibi|ALiBi]], T5).",
        "モデルが語順を知るしくみです。[[attention|注意]]だけでは語順は分かりません。語を並べ替えても、同じ和になるか"
        "らです。そこでモデルは、[[embedding|埋め込み]]に位置ごとのベクトルを足すか([[sinusoidal|正弦波]]、または学習"
        "されたもの)、クエリとキーを角度で回すか([[rotary|回転位置埋め込み]])、距離に応じた[[position_bias|バイアス]]"
        "をスコアに足します([[alibi|ALiBi]]、T5)。",
    ),
    reading=Both(
        "What is drawn is what this very model uses, read from it. A table: a row is a position, a column a dimension; "
        "slow waves tell far from near, fast ones neighbours apart. Dials: each pair of dimensions turns at its own "
        "speed. Curves over the distance: how much a head favours what is near.\n\n"
        "“Formula” lets you play with the encoding of the first Transformer.",
        "描かれているのは、このモデルが実際に使っている値です。表では、行が位置、列が次元です。ゆるやかな波は遠近を、"
        "速い波は隣どうしを区別します。円盤では、次元の組ごとに回る速さが違います。距離の曲線は、ヘッドがどれだけ近く"
        "を優先するかを表します。\n\n"
        "「式」では、最初の Transformer の位置エンコーディングを動かせます。",
    ),
    formulas=(
        Formula(
            "\\text{PE}(\\text{pos}, 2i) = \\sin(\\text{pos} / 10000^{2i/d})\n"
            "\\text{PE}(\\text{pos}, 2i+1) = \\cos(\\text{pos} / 10000^{2i/d})",
            Both(
                "[[sinusoidal|Sinusoidal]], added to the embeddings. <i>i</i>: pair of dimensions; <i>d</i>: their "
                "number.",
                "[[sinusoidal|正弦波]]。埋め込みに足します。<i>i</i> は次元の組、<i>d</i> は次元数です。",
            ),
            "Vaswani et al. 2017, “Attention Is All You Need”, § 3.5",
        ),
        Formula(
            r"q_m·k_n → (R_m q)·(R_n k) = q·(R_{n−m} k)",
            Both(
                "[[rotary|Rotary]]. <i>R<sub>m</sub></i> turns pair <i>i</i> by the angle <i>m θ<sub>i</sub></i>, in "
                "the paper <i>θ<sub>i</sub></i> = 10000<sup>−2(<i>i</i>−1)/<i>d</i></sup>. Only the distance <i>n</i> "
                "− <i>m</i> is left in the score.",
                "[[rotary|回転位置埋め込み]]。<i>R<sub>m</sub></i> は組 <i>i</i> を角度 <i>m θ<sub>i</sub></i> だけ回"
                "します(論文では <i>θ<sub>i</sub></i> = 10000<sup>−2(<i>i</i>−1)/<i>d</i></sup>)。スコアに残るのは距離 "
                "<i>n</i> − <i>m</i> だけです。",
            ),
            "Su et al. 2021, “RoFormer”, § 3.2.2",
        ),
        Formula(
            r"s_{ij} = q_i·k_j − m_h (i − j)",
            Both(
                "[[alibi|ALiBi]]. <i>m<sub>h</sub></i>: slope of head <i>h</i>; no positions are added to the "
                "embeddings. T5 learns the bias for each distance instead.",
                "[[alibi|ALiBi]]。<i>m<sub>h</sub></i> はヘッド <i>h</i> の傾きです。埋め込みには何も足しません。T5 で"
                "は、距離ごとのバイアスを学習します。",
            ),
            "Press et al. 2022, “Train Short, Test Long”, § 3; Raffel et al. 2020 (T5), § 2.1",
        ),
    ),
    tries=tries,
    misleads=(
        Caution(
            Both(
                "A regular picture does not say that the model uses it: heads are free to ignore the position.",
                "図が規則正しいからといって、モデルがそれを使っているとは限りません。位置を無視するヘッドもあります。",
            ),
        ),
        Caution(
            Both(
                "A model that may only look back knows something of positions even without any encoding, because the "
                "first token sees one key and the tenth ten.",
                "前しか見られないモデルは、位置エンコーディングがなくても位置をある程度知っています。先頭のトークンに"
                "見えるキーは 1 つ、10 番目なら 10 個だからです。",
            ),
            "Haviv et al. 2022, “Transformer Language Models without Positional Encodings Still Learn Positional "
            "Information”",
        ),
        Caution(
            Both(
                "Beyond the length of its training a model can fail, even where its formula goes on without end.",
                "式がどこまでも続くとしても、学習した長さを超えると、モデルはうまく働かないことがあります。",
            ),
            "Press et al. 2022; Kazemnejad et al. 2023, “The Impact of Positional Encoding on Length Generalization in "
            "Transformers”",
        ),
    ),
    terms=("position_encoding", "sinusoidal", "rotary", "alibi", "position_bias", "embedding"),
)
