"""The map of the model, explained."""

from __future__ import annotations

from visualizer.views.help.data import Both, Caution, Do, Formula, Help, Try
from visualizer.views.help.scene import Scene


def tries(scene: Scene) -> tuple[Try, ...]:
    """Another layer, the matrices, the head that shows most."""
    numbers = scene.trace.layer_numbers(scene.selection.kind)
    other = numbers[-1] if scene.selection.layer != numbers[-1] else numbers[0]
    return (
        scene.propose(
            Do(select={"layer": other}),
            "Unfold layer {layer}: is it built like the others?",
            "層 {layer} を開く。ほかの層と同じ作りですか。",
            layer=other,
        ),
        scene.propose(
            Do(options={"matrices": True}),
            "List the matrices: which part of a layer has most of its parameters?",
            "行列を並べる。1 つの層の中で、パラメーターが最も多いのはどの部分ですか。",
        ),
    )


HELP = Help(
    shows=Both(
        "The model as a diagram of its parts, in the order in which it computes: [[embedding]], positions, blocks of "
        "[[attention]] and feed-forward with their norms and sums, output layer, [[softmax]]. It is drawn from the "
        "loaded model itself, not from a description.",
        "モデルの構造を、計算の順に並べた図です。[[embedding|埋め込み]]、位置、[[attention|注意]]とフィードフォワード(そ"
        "れぞれの正規化と和を含む)のブロック、出力層、[[softmax|ソフトマックス]]から成ります。説明書からではなく、読み込"
        "んだモデルそのものから描いています。",
    ),
    reading=Both(
        "The text enters below. An arrow says what a box reads; the lines along the side are the residual connections, "
        "which meet in a sum. Layers that are built alike are folded (“× 5”); the present one is unfolded.\n\n"
        "A click on a box opens the view for it. Drag to move, Ctrl and the wheel to zoom, 0 to see all. “Play” "
        "(Space) leads the text through.",
        "文は下から入ります。矢印は、その箱が何を読むかを表します。脇を通る線は残差接続で、和のところで合流します。同じ"
        "作りの層は「× 5」のようにまとめ、いま見ている層を開いて表示します。\n\n"
        "箱をクリックすると、その部分のビューが開きます。ドラッグで移動、Ctrl とホイールで拡大、0 で全体表示です。「再"
        "生」(スペース)で、文が通る道を順にたどれます。",
    ),
    formulas=(
        Formula(
            r"\text{LayerNorm}(x + \text{Sublayer}(x))",
            Both(
                "Post-norm, as in the first Transformer: the sum of a part and what it read is normalised.",
                "最初の Transformer の後置正規化です。各部分の出力と入力の和を正規化します。",
            ),
            "Vaswani et al. 2017, “Attention Is All You Need”, § 3.1",
        ),
        Formula(
            r"x + \text{Sublayer}(\text{LayerNorm}(x))",
            Both(
                "Pre-norm, as in most models today: the stream itself is never normalised on its way.",
                "現在の多くのモデルが使う前置正規化です。ストリームそのものは途中で正規化されません。",
            ),
            "Xiong et al. 2020, “On Layer Normalization in the Transformer Architecture”, § 3",
        ),
    ),
    tries=tries,
    misleads=(
        Caution(
            Both(
                "Where the parts of a block could not be told apart by watching it, it is one box: nothing is guessed.",
                "動作を観察しても部分に分けられないブロックは、1 つの箱で表します。推測では描きません。",
            ),
        ),
        Caution(
            Both(
                "A box with many parameters is not therefore more important, and the picture says nothing of what a "
                "part does on this text.",
                "パラメーターが多い箱ほど重要だとは限りません。また、各部分がこの文でどう働くかは、この図からは分かりま"
                "せん。",
            ),
        ),
        Caution(
            Both(
                "The boxes look like stations one after the other. But every part only adds to one stream, and much of "
                "what is in it passes most boxes untouched.",
                "箱は順に通る駅のように見えます。しかし各部分は 1 つのストリームに足すだけで、その内容の多くは、"
                "ほとんどの箱を素通りします。",
            ),
            "Elhage et al. 2021, “A Mathematical Framework for Transformer Circuits”",
        ),
    ),
    terms=("embedding", "attention", "softmax", "head"),
)
