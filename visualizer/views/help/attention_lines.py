"""The lines of attention, explained."""

from __future__ import annotations

from visualizer.views.help.data import Both, Caution, Do, Formula, Help, Try
from visualizer.views.help.scene import Scene, select_head


def tries(scene: Scene) -> tuple[Try, ...]:
    """One token in all heads of a layer, and only the strongest lines."""
    place, cell = scene.first, scene.strongest(scene.first)
    queries = scene.trace.query_tokens(place.kind)
    at = cell.query if cell is not None else len(queries) - 1
    return (
        scene.propose(
            Do(select={**select_head(place), "query": at, "key": None}, options={"every": True}),
            "Lock “{token}” with all heads of layer {layer}: do they look at the same words?",
            "「{token}」を固定し、層 {layer} の全ヘッドの線を出す。どのヘッドも同じ語を見ていますか。",
            token=queries[at].name,
            layer=place.layer,
        ),
        scene.propose(
            Do(
                select={**select_head(place), "query": None, "key": None},
                options={"mass": 0.3, "every": False, "heads": frozenset()},
            ),
            "Keep only the lines that carry 30 % of the attention of {head}.",
            "{head}の注意のうち、30 % を担う線だけを残す。",
            head=scene.name(place),
        ),
    )


HELP = Help(
    shows=Both(
        "Who looks at whom. Each line leads from a token that looks ([[query]]) to one that is looked at ([[key]]); "
        "each [[head]] has its own colour, which it keeps in all views.",
        "どのトークンがどのトークンを見ているかを線で表します。線は、見る側([[query|クエリ]])と見られる側([[key|キー]]"
        ")を結びます。色は[[head|ヘッド]]ごとに決まっていて、どのビューでも同じです。",
    ),
    reading=Both(
        "The stronger the line, the larger the [[weight]]. Of each token only its strongest lines are drawn: as many "
        "as carry the share of its attention that the slider says. What is left out is small, not absent.\n\n"
        "Point at a token to leave only its lines; click to lock it. The bars then give its exact weights, head by "
        "head.",
        "線が濃いほど[[weight|重み]]が大きいことを表します。描くのはトークンごとに強い線だけで、その注意のうちスライダ"
        "ーの割合に達するまでの分です。描かれていない線は、弱いだけで、ないわけではありません。\n\n"
        "トークンを指すと、その線だけが残ります。クリックすると固定します。このとき棒は、ヘッドごとの正確な重みを示し"
        "ます。",
    ),
    formulas=(
        Formula(
            r"\sum_{j ∈ L_i} a_{ij} ≥ m \sum_j a_{ij}",
            Both(
                "<i>L<sub>i</sub></i>: the keys to which query <i>i</i> gets a line, the strongest first and no more "
                "than needed; <i>m</i>: the share on the slider; <i>a<sub>ij</sub></i>: the [[weight]] between query "
                "<i>i</i> and key <i>j</i>, as in the attention map.",
                "<i>L<sub>i</sub></i> はクエリ <i>i</i> から線を引くキーの集合で、強い順に、必要な数だけとります。<i>m"
                "</i> はスライダーの割合、<i>a<sub>ij</sub></i> は注意マップと同じく、クエリ <i>i</i> からキー <i>j"
                "</i> への[[weight|重み]]です。",
            ),
            "Weights: Vaswani et al. 2017, § 3.2.1, eq. (1)",
        ),
    ),
    tries=tries,
    misleads=(
        Caution(
            Both(
                "The eye takes lines for paths of information. They show one layer only; how far something travels "
                "through all layers is another question (“Attention through all layers”).",
                "線は情報の通り道のように見えますが、表しているのは 1 つの層だけです。全層を通してどこまで届くかは別の"
                "問題です(「全層を通した注意」を見てください)。",
            ),
            "Abnar & Zuidema 2020, “Quantifying Attention Flow in Transformers”",
        ),
        Caution(
            Both(
                "Strong lines to the first token, to “.” or to [SEP] often mean that a head has nothing to do here.",
                "先頭のトークン、「。」、[SEP] への強い線は、そのヘッドがここですることがない、というだけの場合がよく"
                "あります。",
            ),
            "Clark et al. 2019, “What Does BERT Look At?”, § 3.2; Xiao et al. 2024, “Efficient Streaming Language "
            "Models with Attention Sinks”",
        ),
        Caution(
            Both(
                "A head that spreads its attention evenly seems to do nothing, because none of its lines is strong. It "
                "may be taking a mean over the text.",
                "注意を均等に広げるヘッドは、強い線がないので何もしていないように見えます。実際には文全体の平均をとっ"
                "ているのかもしれません。",
            ),
            "Clark et al. 2019, § 3.3",
        ),
    ),
    terms=("attention", "query", "key", "weight", "head", "sink"),
)
