"""The budget of attention, explained."""

from __future__ import annotations

from visualizer.views.help.data import Both, Caution, Do, Formula, Help, Try
from visualizer.views.help.scene import Scene


def tries(scene: Scene) -> tuple[Try, ...]:
    """The first tokens as a span, and the other share."""
    from visualizer.core.analyses import spans

    tokens = scene.trace.key_tokens(spans.keys_of(scene.trace))
    last = min(2, len(tokens) - 1)
    return (
        scene.propose(
            Do(options={"spans": f"start=0-{last}"}),
            "Mark the first tokens of “{text}”: much attention goes there. Does the answer change without them?",
            "「{text}」の最初のトークンに印をつける。注意は多く集まります。なくすと答えは変わりますか。",
            text=scene.excerpt(),
        ),
        scene.propose(
            Do(options={"share": "weighted"}),
            "Colour by what is carried: which span of “{text}” loses its share?",
            "色を「運ばれる量」にする。「{text}」のどの区間の割合が減りますか。",
            text=scene.excerpt(),
        ),
    )


HELP = Help(
    shows=Both(
        "How the chosen position shares out its [[attention]] between named spans of the text, in every layer, and "
        "what its prediction loses when a span is hidden from every token in a real run of the model.",
        "選んだ位置の[[attention|注意]]が、名前をつけた区間にどう配分されるかを層ごとに示します。さらに、その区間をど"
        "のトークンからも見えなくして実際にモデルを動かし、予測がどう変わるかを示します。",
    ),
    reading=Both(
        "Drag over tokens and choose a name. “Weighted” multiplies each weight by the length of the vector that it "
        "carries. Δ ln <i>p</i> below zero: without the span the answer becomes less probable.",
        "トークンの上をドラッグして名前を選びます。「運ばれる量」は、重みに、実際に運ばれるベクトルの長さを掛けたもの"
        "です。Δ ln <i>p</i> が負なら、その区間がないと答えの確率が下がります。",
    ),
    formulas=(
        Formula(
            r"s_S = \frac{\sum_{j ∈ S} || α_j v_j W_O ||}{\sum_j || α_j v_j W_O ||}",
            Both(
                "<i>α<sub>j</sub></i>: the weight on token <i>j</i>; <i>v<sub>j</sub></i>: its value vector; "
                "<i>W<sub>O</sub></i>: the head's output projection; <i>S</i>: the span.",
                "<i>α<sub>j</sub></i> はトークン <i>j</i> への重み、<i>v<sub>j</sub></i> はそのバリュー、"
                "<i>W<sub>O</sub></i> はヘッドの出力の行列、<i>S</i> は区間です。",
            ),
            "Kobayashi et al. 2020, “Attention is Not Only a Weight”, eq. 5",
        ),
    ),
    tries=tries,
    misleads=(
        Caution(
            Both(
                "Attention is where a head looks, not what it uses: the first token often gets most of it and carries "
                "next to nothing.",
                "注意はヘッドが見ている場所で、使っている内容ではありません。最初のトークンは注意を多く集めますが、ほと"
                "んど何も運ばないことがよくあります。",
            ),
            "Xiao et al. 2024, “Efficient Streaming Language Models with Attention Sinks”",
        ),
        Caution(
            Both(
                "In later layers a token's vector holds what it read before: another span may have told it.",
                "後の層では、トークンのベクトルに、それまでに読んだほかの区間の内容も入っています。",
            ),
        ),
        Caution(
            Both(
                "A text with a hole is one that the model hardly ever saw. Positions stay as they are.",
                "一部が見えない文は、モデルが学習でほとんど見たことのない入力です。位置の番号は変わりません。",
            ),
        ),
    ),
    terms=("attention", "probability", "logit"),
)
