"""All heads at once, explained."""

from __future__ import annotations

from visualizer.views.help.data import Both, Caution, Do, Formula, Help, Try
from visualizer.views.help.scene import Scene, select_head


def tries(scene: Scene) -> tuple[Try, ...]:
    """The head that shows most, and faint weights made visible."""
    other = "linear" if scene.selection.look.scale == "log" else "log"
    return (
        scene.propose(
            Do("attention_map", select=select_head(scene.first)),
            "Open {head} large: of all heads it shows most on this text.",
            "{head}を大きく開く。この文で最も特徴がはっきり出ているヘッドです。",
            head=scene.name(scene.first),
        ),
        scene.propose(
            Do(select={"scale": other}),
            "Colour by the logarithm: where do heads look faintly at “{token}”?"
            if other == "log"
            else "Back to linear colours: only what is strong stays.",
            "色を対数にする。「{token}」をかすかに見ているヘッドはどれですか。"
            if other == "log"
            else "色を線形に戻す。強い重みだけが残ります。",
            token=(scene.words() or [(0, scene.trace.tokens[0])])[0][1].name,
        ),
        scene.propose(
            Do(select={"hide_sinks": not scene.selection.rule.hide_sinks}),
            "Hide or show the sinks: which heads looked at nothing else?",
            "シンクの表示を切り替える。シンクのほかを見ていなかったヘッドはどれですか。",
        ),
    )


HELP = Help(
    shows=Both(
        "Every [[head]] of the model as a small attention map: a row of the grid is a [[layer]], a column is a head. "
        "In each map rows look and columns are looked at.",
        "モデルのすべての[[head|ヘッド]]を、小さな注意マップにして並べています。格子の行が[[layer|層]]、列がヘッドです"
        "。各マップでは、行が見る側、列が見られる側です。",
    ),
    reading=Both(
        "Look for shapes. A diagonal: tokens look at themselves. A line beside it: at the one before. A column: all "
        "look at one token, a [[sink]]. A grey field: attention is spread evenly. A block: the words of one phrase "
        "look at each other.\n\n"
        "All maps share one scale of colours, so that dark means the same everywhere. A click opens a head.",
        "形に注目してください。対角線なら自分自身を、そのすぐ下の線なら 1 つ前を見ています。縦の列なら、みなが同じトー"
        "クン([[sink|シンク]])を見ています。全体が一様に灰色なら、注意が均等に広がっています。四角いかたまりなら、1 つ"
        "の句の語どうしが見合っています。\n\n"
        "色の尺度は全部に共通なので、同じ濃さは同じ重みです。クリックするとそのヘッドが開きます。",
    ),
    formulas=(
        Formula(
            r"T(I, J) = \text{max}_{i∈I, j∈J} a_{ij}",
            Both(
                "Each dot <i>T</i> of a small map is the largest [[weight]] <i>a<sub>ij</sub></i> among the rows "
                "<i>I</i> and columns <i>J</i> that share it, so that a single strong cell of a long text is never "
                "lost. In a short text a dot is one cell.",
                "小さなマップの 1 点 <i>T</i> は、そこにまとめられた行 <i>I</i> と列 <i>J</i> の中で最も大きい"
                "[[weight|重み]] <i>a<sub>ij</sub></i> です。長い文でも、1 つだけある強いマスが消えません。短い文では "
                "1 点が 1 マスです。",
            ),
            "Weights: Vaswani et al. 2017, § 3.2.1, eq. (1)",
        ),
    ),
    tries=tries,
    misleads=(
        Caution(
            Both(
                "A clear shape is not importance. Most heads can be removed one at a time with little loss, whatever "
                "they look like.",
                "形がはっきりしていても、重要とは限りません。見かけにかかわらず、多くのヘッドは 1 つずつ取り除いても性"
                "能がほとんど落ちません。",
            ),
            "Michel et al. 2019, “Are Sixteen Heads Really Better than One?”, § 3",
        ),
        Caution(
            Both(
                "In a long text the largest of many weights is shown: the map looks darker than an average would.",
                "長い文では多くの重みのうち最大のものを示すので、平均をとるより濃く見えます。",
            ),
        ),
        Caution(
            Both(
                "One text shows one side of a head. The same head may do something else on another.",
                "1 つの文で分かるのは、ヘッドの一面です。別の文では別の働きをすることもあります。",
            ),
            "Voita et al. 2019, “Analyzing Multi-Head Self-Attention”",
        ),
    ),
    terms=("head", "layer", "weight", "sink", "attention", "induction_head"),
)
