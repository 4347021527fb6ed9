"""The statistics of heads, explained."""

from __future__ import annotations

from visualizer.views.help.data import Both, Caution, Do, Formula, Help, Try
from visualizer.views.help.scene import Scene, select_head


def tries(scene: Scene) -> tuple[Try, ...]:
    """The head that shows most among all others, and two orders of the table."""
    return (
        scene.propose(
            Do(select=select_head(scene.first)),
            "Find {head} among the points: what sets it apart?",
            "{head}の点を探す。ほかのヘッドとどこが違いますか。",
            head=scene.name(scene.first),
        ),
        scene.propose(
            Do(options={"sort": "previous_token", "falling": True}),
            "Put the head first that looks most at the token just before: from “{b}” at “{a}”, say.",
            "1 つ前のトークンを最もよく見るヘッドを先頭に出す。たとえば「{b}」から「{a}」を見るヘッドです。",
            **_neighbours(scene),
        ),
        scene.propose(
            Do(options={"sort": "entropy", "falling": True}),
            "Put the head first that spreads its attention most widely over these {count} tokens.",
            "この {count} トークンに最も広く注意を広げるヘッドを先頭に出す。",
            count=len(scene.trace.key_tokens(scene.selection.kind)),
        ),
    )


def _neighbours(scene: Scene) -> dict[str, str]:
    tokens = [token.name for _, token in scene.words()] or [token.name for token in scene.trace.tokens]
    return {"a": tokens[0], "b": tokens[min(1, len(tokens) - 1)]}


HELP = Help(
    shows=Both(
        "What each [[head]] does on this text, in numbers: one row of the table and one point for each head. A name "
        "stands where more than half of its [[weight]] goes to one kind of place.",
        "各[[head|ヘッド]]がこの文でしていることを数値で表します。表の 1 行、図の 1 点が 1 つのヘッドです。"
        "[[weight|重み]]の半分以上が同じ種類の場所へ向かうとき、その働きの名前が付きます。",
    ),
    reading=Both(
        "[[entropy|Entropy]]: how widely a head looks. Distance: how far. The other columns are mean weights: on the "
        "token before, the one after, itself, the first one, separators. [[induction_head|Induction]] and duplicate "
        "are measured once for each model, on random tokens that come twice, because there nothing but the repetition "
        "can be recognised.\n\n"
        "Click a column’s name to sort by it. Points near each other behave alike in the two measures of the axes "
        "only.",
        "[[entropy|エントロピー]]は見る範囲の広さ、距離は見る先の遠さです。ほかの列は重みの平均で、1 つ前、1 つ後、自"
        "分自身、先頭、区切りをどれだけ見るかを表します。[[induction_head|帰納]]と重複は、同じランダムなトークン列を "
        "2 回くり返した入力で、モデルごとに 1 度だけ測ります。そこでは、くり返しのほかに手がかりがないからです。\n\n"
        "列の名前をクリックすると、その順に並びます。近い点どうしが似ているのは、2 つの軸の指標についてだけです。",
    ),
    formulas=(
        Formula(
            r"H = −\frac{1}{n}\sum_i \sum_j a_{ij} \log_2 a_{ij}",
            Both(
                "[[entropy|Entropy]] in bits, the mean over the <i>n</i> queries <i>i</i>; <i>a<sub>ij</sub></i>: "
                "[[weight]] on key <i>j</i>.",
                "[[entropy|エントロピー]](ビット)の、<i>n</i> 個のクエリ <i>i</i> についての平均。<i>a<sub>ij</sub>"
                "</i> はキー <i>j</i> への[[weight|重み]]です。",
            ),
            "Clark et al. 2019, “What Does BERT Look At?”, § 3.3",
        ),
        Formula(
            r"D = \frac{1}{n}\sum_i \sum_j a_{ij} |i − j|",
            Both(
                "Mean distance in tokens between the one that looks and those that are looked at.",
                "見る側と見られる側の距離(トークン数)の平均です。",
            ),
            "Vig & Belinkov 2019, “Analyzing the Structure of Attention in a Transformer Language Model”, § 4",
        ),
        Formula(
            r"I = \text{mean}_i a_{i, i−n+1}",
            Both(
                "Induction: random tokens of length <i>n</i> come twice; <i>I</i> is the mean [[weight]] from a token "
                "of the second time on the one that followed it the first time.",
                "帰納：長さ <i>n</i> のランダムなトークン列を 2 回くり返し、2 回目のトークンから、1 回目にその次に来た"
                "トークンへの[[weight|重み]]を平均します。",
            ),
            "Olsson et al. 2022, “In-context Learning and Induction Heads”",
        ),
    ),
    tries=tries,
    misleads=(
        Caution(
            Both(
                "A name such as “looks one token back” says where a head looks on this text, not what it is for.",
                "「1 つ前のトークンを見る」などの名前は、この文でどこを見たかを表すだけで、何のためのヘッドかを表しま"
                "せん。",
            ),
            "Jain & Wallace 2019, “Attention is not Explanation”",
        ),
        Caution(
            Both(
                "In a short text much is near and little is possible: entropy and distance of texts of different "
                "length must not be compared.",
                "短い文では、どのトークンも近くにあり、選択肢も多くありません。長さの違う文のエントロピーや距離は比べ"
                "られません。",
            ),
        ),
        Caution(
            Both(
                "A large weight on the first token or on [SEP] mostly means “nothing to do here”.",
                "先頭のトークンや [SEP] への大きな重みは、たいてい「ここではすることがない」という意味です。",
            ),
            "Clark et al. 2019, § 3.2; Xiao et al. 2024, “Efficient Streaming Language Models with Attention Sinks”",
        ),
    ),
    terms=("head", "entropy", "bit", "weight", "induction_head", "duplicate_token_head", "previous_token_head", "sink"),
)
