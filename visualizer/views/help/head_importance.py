"""The importance of heads, explained."""

from __future__ import annotations

from visualizer.views.help.data import Both, Caution, Do, Formula, Help, Try
from visualizer.views.help.scene import Scene, select_head


def tries(scene: Scene) -> tuple[Try, ...]:
    """The second candidate instead of the first, and the other measure."""
    found = []
    candidates = scene.candidates(2)
    if len(candidates) == 2:
        first, second = candidates
        found.append(
            scene.propose(
                Do(options={"token": second.id, "value": "delta"}),
                "Follow “{b}” ({q}) instead of “{a}” ({p}): do the same heads speak for it?",
                "「{a}」({p})ではなく「{b}」({q})の確率を見る。後押しするのは同じヘッドですか。",
                a=first.name,
                b=second.name,
                p=scene.percent(first.probability),
                q=scene.percent(second.probability),
            )
        )
    found.append(
        scene.propose(
            Do(select=select_head(scene.first), options={"value": "kl"}),
            "Colour by KL divergence and find {head}: it shows most on this text. Does it matter most?",
            "色を KL ダイバージェンスにして、{head}を探す。特徴が最もはっきりしたヘッドは、最も重要でもありますか。",
            head=scene.name(scene.first),
        )
    )
    found.append(
        scene.propose(
            Do(options={"how": "mean"}),
            "Switch off by the mean over “{text}” instead of zero: which parts lose their importance?",
            "ゼロの代わりに「{text}」全体の平均を入れる。重要でなくなるのはどの部分ですか。",
            text=scene.excerpt(),
        )
    )
    return tuple(found)


HELP = Help(
    shows=Both(
        "What one prediction loses when one part of the model is switched off ([[ablation]]): each cell is one "
        "[[head]], the last column the layer’s [[feed_forward|feed-forward part]]. Every cell is a real run of the "
        "model.",
        "モデルの 1 つの部分を無効にしたとき([[ablation|アブレーション]])、1 つの予測がどう変わるかを示します。1 マス"
        "が 1 つの[[head|ヘッド]]、最後の列がその層の[[feed_forward|フィードフォワード部]]です。どのマスも、実際にモデ"
        "ルを動かした結果です。",
    ),
    reading=Both(
        "Δ log <i>p</i> below zero (blue): without the part the token becomes less probable, so the part speaks for "
        "it. Above zero (red): it speaks against it. [[kl_divergence|KL]] says how much the whole distribution "
        "changes, whichever token gains.\n\n"
        "A selected cell says probabilities before and after.",
        "Δ log <i>p</i> が負(青)なら、その部分がないとトークンの確率が下がります。つまりその部分はトークンを後押しして"
        "います。正(赤)なら抑えています。[[kl_divergence|KL]] は、どのトークンが得をするかにかかわらず、分布全体がどれ"
        "だけ変わるかを表します。\n\n"
        "マスを選ぶと、前後の確率が出ます。",
    ),
    formulas=(
        Formula(
            r"Δ = \ln p_{\text{off}}(x) − \ln p(x)",
            Both(
                "<i>p</i>(<i>x</i>): probability of the token <i>x</i>; <i>p</i><sub>off</sub>: with the part switched "
                "off. −0.69 halves the probability.",
                "<i>p</i>(<i>x</i>) はトークン <i>x</i> の確率、<i>p</i><sub>off</sub> はその部分を無効にしたときの確"
                "率です。−0.69 なら確率が半分になります。",
            ),
            "Michel et al. 2019, “Are Sixteen Heads Really Better than One?”, § 3.1 (one head off at a time)",
        ),
        Formula(
            r"\text{KL}(p || p_{\text{off}}) = \sum_y p(y) \log_2 \frac{p(y)}{p_{\text{off}}(y)}",
            Both(
                "In bits, over the whole vocabulary; 0 only if nothing changes ([[kl_divergence|KL divergence]]).",
                "語彙全体についての和(ビット)です。0 になるのは、何も変わらないときだけです"
                "([[kl_divergence|KL ダイバージェンス]])。",
            ),
            "Kullback & Leibler 1951, “On Information and Sufficiency”",
        ),
    ),
    tries=tries,
    misleads=(
        Caution(
            Both(
                "Others can stand in: when a part is gone, later layers often make up for it, so that an important "
                "part looks unimportant.",
                "ほかの部分が代わりを務めます。ある部分がなくなると、後の層が埋め合わせることが多く、大切な部分が重要"
                "でないように見えることがあります。",
            ),
            "McGrath et al. 2023, “The Hydra Effect”",
        ),
        Caution(
            Both(
                "Two heads that do the same work look unimportant each, because each is switched off alone.",
                "同じ働きをするヘッドが 2 つあると、1 つずつ無効にする方法では、どちらも重要でないように見えます。",
            ),
            "Michel et al. 2019, § 4",
        ),
        Caution(
            Both(
                "Zero is a value that the model has never seen there. The mean over the text disturbs less, and the "
                "two may disagree.",
                "ゼロは、モデルがその場所で見たことのない値です。テキスト全体の平均のほうが乱れは小さく、2 つの結果が"
                "食い違うこともあります。",
            ),
            "Zhang & Nanda 2024, “Towards Best Practices of Activation Patching in Language Models”",
        ),
        Caution(
            Both(
                "This is about one prediction on one text.",
                "これは、1 つの文の 1 つの予測についての結果です。",
            ),
        ),
    ),
    terms=("ablation", "head", "feed_forward", "kl_divergence", "probability", "logit"),
)
