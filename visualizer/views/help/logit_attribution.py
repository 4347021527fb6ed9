"""Who said it, explained."""

from __future__ import annotations

from visualizer.views.help.data import Both, Caution, Do, Formula, Help, Try
from visualizer.views.help.scene import Scene, select_head


def tries(scene: Scene) -> tuple[Try, ...]:
    """The two first candidates against each other, the layers, and one head's source tokens."""
    found = []
    candidates = scene.candidates(2)
    if len(candidates) == 2:
        first, second = candidates
        found.append(
            scene.propose(
                Do(options={"token": first.id, "against": second.id}),
                "Hold “{a}” ({p}) against “{b}” ({q}): which parts decide between the two?",
                "「{a}」({p})と「{b}」({q})を比べる。2 つを分けているのはどの部分ですか。",
                a=first.name,
                b=second.name,
                p=scene.percent(first.probability),
                q=scene.percent(second.probability),
            )
        )
    found += [
        scene.propose(
            Do(options={"group": "layers", "order": "layers"}),
            "Take each layer together, for “{text}”: do the last layers write most?",
            "「{text}」について、層ごとにまとめる。最後のほうの層が最も多く書き込んでいますか。",
            text=scene.excerpt(),
        ),
        scene.propose(
            Do(select=select_head(scene.first), options={"sources": True, "group": "all", "order": "layers"}),
            "Unfold {head}: from which tokens does its share come?",
            "{head}を開く。どのトークンから来た分が多いですか。",
            head=scene.name(scene.first),
        ),
    ]
    return tuple(found)


HELP = Help(
    shows=Both(
        "The [[logit]] of one [[token]] as a sum (“direct logit attribution”). The [[residual_stream|residual stream]] "
        "before the [[output_layer|output layer]] is the sum of all that was written into it: the "
        "[[embedding|embeddings]], each [[head]], each [[feed_forward|feed-forward part]], and biases. Each bar is the "
        "share of one of them.",
        "1 つの[[token|トークン]]の[[logit|ロジット]]を、和に分けて示します(直接ロジット帰属)。"
        "[[output_layer|出力層]]の前の[[residual_stream|残差ストリーム]]は、そこに書き込まれたものの和です。つまり"
        "[[embedding|埋め込み]]、各[[head|ヘッド]]、各[[feed_forward|フィードフォワード部]]、バイアスの和です。"
        "1 本の棒が、その 1 つの分を表します。",
    ),
    reading=Both(
        "Red, to the right: the part speaks for the token. Blue, to the left: against it. The sum of all bars and the "
        "model’s own logit stand above the picture with their difference. Logits compare only with each other: with a "
        "second token (“Against”) the bars say what decides between the two.\n\n"
        "A click on a head unfolds the tokens that its share came from: weight × value × what the output layer reads.",
        "赤で右向きの棒はトークンを後押しし、青で左向きの棒は抑えています。すべての棒の和と、モデル自身のロジット、その差が"
        "図の上に出ます。ロジットは互いに比べて初めて意味を持ちます。もう 1 つのトークンと比べると、"
        "2 つを分けているものがわかります。\n\n"
        "ヘッドをクリックすると、どのトークンから来た分かに分かれます(重み × 値 × 出力層が読み取る向き)。",
    ),
    formulas=(
        Formula(
            r"\text{logit}(t) = \sum_c \frac{x_c \cdot g \cdot w_t}{s} + b",
            Both(
                "<i>x<sub>c</sub></i>: what part <i>c</i> has written; <i>g</i>: gain of the final norm; <i>s</i>: its "
                "scale at this position; <i>w<sub>t</sub></i>: the token’s row of the output layer; <i>b</i>: biases.",
                "<i>x<sub>c</sub></i> は部分 <i>c</i> が書き込んだもの、<i>g</i> は最後の正規化の係数、<i>s</i> はこの"
                "位置での大きさ、<i>w<sub>t</sub></i> は出力層のトークンの行、<i>b</i> はバイアスです。",
            ),
            "Elhage et al. 2021, “A Mathematical Framework for Transformer Circuits”",
        ),
    ),
    tries=tries,
    misleads=(
        Caution(
            Both(
                "Only the direct path is counted: a head that later heads read from has its effect in their bars.",
                "数えているのは直接の経路だけです。後のヘッドが読み取る情報を書いたヘッドの働きは、後のヘッドの棒に入ります。",
            ),
            "Elhage et al. 2021",
        ),
        Caution(
            Both(
                "The final norm’s scale is held. Without a part that scale would be another one, too.",
                "最後の正規化の大きさは固定しています。ある部分がなければ、この大きさも変わります。",
            ),
        ),
        Caution(
            Both(
                "Parts that write early may be erased by later ones: two large bars of opposite sign can belong "
                "together.",
                "早い段階で書かれたものを、後の部分が消すことがあります。符号が逆の大きな 2 本の棒は、"
                "組になっているかもしれません。",
            ),
            "Dao et al. 2023, “An Adversarial Example for Direct Logit Attribution”",
        ),
    ),
    terms=("logit", "residual_stream", "output_layer", "head", "feed_forward", "embedding", "token"),
)
