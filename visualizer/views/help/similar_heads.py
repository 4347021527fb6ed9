"""Similar heads, explained."""

from __future__ import annotations

from visualizer.views.help.data import Both, Caution, Do, Formula, Help, Try
from visualizer.views.help.scene import Scene, select_head


def tries(scene: Scene) -> tuple[Try, ...]:
    """The twins of the head that shows most, and what sinks had in common."""
    key = scene.trace.key_tokens(scene.selection.kind)[0].name
    hidden = scene.selection.rule.hide_sinks
    return (
        scene.propose(
            Do(select=select_head(scene.first)),
            "Choose {head}: which heads do the same on this text?",
            "{head}を選ぶ。この文で同じことをしているヘッドはどれですか。",
            head=scene.name(scene.first),
        ),
        scene.propose(
            Do(select={"hide_sinks": not hidden}),
            "Show the sinks again: which heads move together?"
            if hidden
            else "Hide the sinks: which heads were alike only because they all looked at “{key}”?",
            "シンクをふたたび表示する。どのヘッドが近づきますか。"
            if hidden
            else "シンクを隠す。「{key}」を見ているという点だけで似ていたヘッドはどれですか。",
            key=key,
        ),
    )


HELP = Help(
    shows=Both(
        "Which [[head|heads]] divide their attention alike on this text. At the left the heads most like the chosen "
        "one, the nearest first; on the map every point is a head.",
        "この文で注意の配り方が似ている[[head|ヘッド]]を示します。左は選んだヘッドに似ているものを近い順に並べたもの、"
        "地図の 1 点は 1 つのヘッドです。",
    ),
    reading=Both(
        "A distance of 0: every token looks at the same places with the same weights. 1: no key in common, ever. "
        "Points near each other are alike; the map has no axes, and turning or mirroring it would change nothing.",
        "距離 0 は、どのトークンも同じ場所を同じ重みで見ていることを、1 は、共通に見るキーが 1 つもないことを表します"
        "。地図では近い点ほど似ています。地図に軸はなく、回しても裏返しても意味は変わりません。",
    ),
    formulas=(
        Formula(
            r"d(A, B) = \sqrt{\text{mean}_i \text{JS}(a_i, b_i)}",
            Both(
                "<i>a<sub>i</sub></i>, <i>b<sub>i</sub></i>: the rows of query <i>i</i> in both heads; JS: "
                "[[js_divergence|Jensen-Shannon divergence]] in bits.",
                "<i>a<sub>i</sub></i> と <i>b<sub>i</sub></i> は 2 つのヘッドのクエリ <i>i</i> の行、JS は"
                "[[js_divergence|イェンセン・シャノン・ダイバージェンス]](ビット)です。",
            ),
            "Endres & Schindelin 2003 (the root is a metric); Clark et al. 2019, § 6 (heads compared so)",
        ),
        Formula(
            "\\text{JS}(a, b) = \\frac{1}{2}\\text{KL}(a || m) + \\frac{1}{2}\\text{KL}(b || m)\n"
            "m = \\frac{1}{2}(a + b)",
            Both(
                "Symmetric, and never more than 1 bit. KL: [[kl_divergence|Kullback-Leibler divergence]].",
                "対称で、1 ビットを超えません。KL は[[kl_divergence|カルバック・ライブラー・ダイバージェンス]]です。",
            ),
            "Lin 1991, “Divergence Measures Based on the Shannon Entropy”",
        ),
    ),
    tries=tries,
    misleads=(
        Caution(
            Both(
                "Alike in where they look is not alike in what they fetch: values and the output matrix may differ "
                "altogether.",
                "見る場所が似ていても、取ってくるものが似ているとは限りません。バリューと出力の行列はまったく違うこと"
                "があります。",
            ),
            "Kobayashi et al. 2020, “Attention is Not Only a Weight”",
        ),
        Caution(
            Both(
                "Many heads look alike because they all rest on the same [[sink]].",
                "多くのヘッドは、同じ[[sink|シンク]]を見ているために似て見えます。",
            ),
            "Clark et al. 2019, § 3.2; Xiao et al. 2024",
        ),
        Caution(
            Both(
                "A flat map cannot keep all distances: points may lie near each other and be unlike. The numbers at "
                "the left are exact, the places on the map are not.",
                "平面の地図では、すべての距離を正しく保てません。近くに見えても似ていない点があります。左の数値は正確"
                "ですが、地図上の位置は近似です。",
            ),
            "Torgerson 1952, “Multidimensional Scaling: I. Theory and Method”",
        ),
    ),
    terms=("head", "js_divergence", "kl_divergence", "entropy", "query", "sink"),
)
