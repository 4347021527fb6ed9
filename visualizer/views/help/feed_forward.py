"""The feed-forward view, explained."""

from __future__ import annotations

from visualizer.views.help.data import Both, Caution, Do, Formula, Help, Try
from visualizer.views.help.scene import Scene


def tries(scene: Scene) -> tuple[Try, ...]:
    """Another layer, and another token."""
    kind = scene.selection.kind
    numbers = scene.trace.layer_numbers(kind)
    last = numbers[-1] if scene.selection.layer != numbers[-1] else numbers[0]
    words = scene.words()
    query, token = words[0] if words else (0, scene.trace.query_tokens(kind)[0])
    return (
        scene.propose(
            Do(select={"layer": last}),
            "Go to layer {layer}: do its neurons promote other tokens?",
            "第{layer}層に移る。そこのニューロンは別のトークンを推していますか。",
            layer=last,
        ),
        scene.propose(
            Do(select={"query": query}),
            "Look at “{token}”: which neurons write most there?",
            "「{token}」を見る。そこで最も多く書き込むニューロンはどれですか。",
            token=token.name,
        ),
    )


HELP = Help(
    shows=Both(
        "What the feed-forward part of one layer does at one token. Above, the text, coloured by the chosen neuron. At "
        "the left the neurons that write most, and how long the steps of all layers are; at the right the measured "
        "activation, and the tokens for and against which the neuron speaks.",
        "1 つの層のフィードフォワード部が、1 つのトークンで何をするかを示します。上は、選んだニューロンの値で色を付けた"
        "文です。左は最も多く書き込むニューロンと各層のステップの大きさ、右は実測した活性化関数と、"
        "そのニューロンが推す・抑えるトークンです。",
    ),
    reading=Both(
        "“Before → after” are the model's own two numbers around the activation; the dot shows them on the curve. The "
        "bar is what the neuron adds to the stream: its number times the length of its row of W₂. A layer "
        "whose neurons cannot be found, such as a mixture of experts, says so.",
        "「前 → 後」は、活性化関数の前後にあるモデル自身の数値で、曲線上の点がその位置です。棒は、ニューロンが"
        "残差ストリームに加える量(数値 × W₂ の行の長さ)です。"
        "専門家の混合など、ニューロンを見つけられない層では、そのことを知らせます。",
    ),
    formulas=(
        Formula(
            r"\text{FFN}(x) = \text{max}(0, x W_1 + b_1) W_2 + b_2",
            Both(
                "With the activation that this model has in the place of max(0, ·).",
                "max(0, ·) のところには、このモデルの活性化関数が入ります。",
            ),
            "Vaswani et al. 2017, § 3.3, equation 2",
        ),
        Formula(
            r"\text{FFN}(x) = (f(x W) \cdot x V) W_2",
            Both(
                "Gated parts: what the gate lets through is multiplied with a second product, number by number.",
                "ゲート付きの場合は、ゲートを通った値に、もう一つの積を要素ごとに掛けます。",
            ),
            "Shazeer 2020, “GLU Variants Improve Transformer”",
        ),
    ),
    tries=tries,
    misleads=(
        Caution(
            Both(
                "Few neurons mean one thing: most answer to many unrelated texts, and meanings lie across neurons.",
                "1 つの意味だけをもつニューロンはまれです。多くは無関係な文にも反応し、意味は複数のニューロンにまたがり"
                "ます。",
            ),
            "Elhage et al. 2022, “Toy Models of Superposition”",
        ),
        Caution(
            Both(
                "The tokens are the direct path to the output alone. Later layers read the same direction and may undo "
                "it; in early layers the reading says little.",
                "示したトークンは、出力への直接の経路だけによるものです。後の層が同じ方向を読んで打ち消すこともあり、浅い層"
                "ではあまり意味をもちません。",
            ),
            "Geva et al. 2022, “Transformer Feed-Forward Layers Build Predictions by Promoting Concepts”",
        ),
        Caution(
            Both(
                "The longest vectors are not the most important ones: what a step is worth depends on what later parts"
                " read. A normalisation before the next layer makes every step smaller or larger at once.",
                "ベクトルが長いほど重要とは限りません。ステップの価値は、後の部分が何を読むかによります。次の層の前の正規化"
                "は、すべてのステップを一度に縮めたり伸ばしたりします。",
            ),
        ),
    ),
    terms=("feed_forward", "neuron", "residual_stream", "logit"),
)
