"""Attention through all layers, explained."""

from __future__ import annotations

from visualizer.core.writing import places
from visualizer.views.help.data import Both, Caution, Do, Formula, Help, Try
from visualizer.views.help.scene import Scene


def tries(scene: Scene) -> tuple[Try, ...]:
    """Another position, a second candidate, the last layer against rollout."""
    trace = scene.trace
    tokens, kind = places.predicting_tokens(trace), scene.selection.kind
    at = len(tokens) // 2 if scene.position != len(tokens) // 2 else 0
    numbers = trace.layer_numbers(kind)
    found = [
        scene.propose(
            Do(select={"position": at}),
            "Go to “{token}”: which words reach it?",
            "「{token}」に移る。どの語の情報が届いていますか。",
            token=tokens[at].name,
        )
    ]
    candidates = scene.candidates(2)
    if len(candidates) == 2:
        found.append(
            scene.propose(
                Do(options={"candidate": candidates[1].id, "at": scene.position}),
                "Take the gradient of “{b}” ({p}) instead: which words speak for it?",
                "勾配を「{b}」({p})について求める。どの語がこの候補を後押ししていますか。",
                b=candidates[1].name,
                p=scene.percent(candidates[1].probability),
            )
        )
    found.append(
        scene.propose(
            Do(select={"layer": numbers[0] if scene.selection.layer != numbers[0] else numbers[-1]}),
            "Compare layer {layer} with rollout: do both point at the same words?",
            "層 {layer} とロールアウトを比べる。同じ語を指していますか。",
            layer=numbers[0] if scene.selection.layer != numbers[0] else numbers[-1],
        )
    )
    return tuple(found)


HELP = Help(
    shows=Both(
        "How much each token may have reached the chosen position through all [[layer|layers]]: three readings of "
        "attention, and beside them what the prediction really reacts to, the [[gradient]].",
        "各トークンの情報が、すべての[[layer|層]]を通して、選んだ位置にどれだけ届いた可能性があるかを示します。注意の "
        "3 通りの読み方と、予測が実際に何に反応するかを表す[[gradient|勾配]]を並べています。",
    ),
    reading=Both(
        "First column: one layer, the mean of its heads. [[rollout|Rollout]]: all layers multiplied, half of each "
        "staying in place for the [[residual_connection|residual connection]]. [[attention_flow|Flow]]: the most that "
        "the layers together let through. [[gradient_times_input|Gradient × input]]: to the right a token speaks for "
        "the prediction, to the left against it.\n\n"
        "<i>τ</i> compares a column’s order of tokens with that of the gradient ([[kendall_tau|Kendall’s τ]]): 1 the "
        "same, 0 unrelated, −1 reversed.",
        "1 列目は 1 つの層で、ヘッドの平均です。[[rollout|ロールアウト]]は、[[residual_connection|残差接続]]の分として"
        "各層で半分をその場に残しながら、全層を掛け合わせたものです。[[attention_flow|フロー]]は、全層を通して流せる最"
        "大の量です。[[gradient_times_input|勾配×入力]]は、右なら予測を後押しし、左なら妨げています。\n\n"
        "<i>τ</i> は、トークンの順位が勾配の順位とどれだけ合うかを表します([[kendall_tau|ケンドールの τ]])。1 なら一致"
        "、0 なら無関係、−1 なら逆順です。",
    ),
    formulas=(
        Formula(
            r"R_l = (\frac{1}{2}A_l + \frac{1}{2}I) R_{l−1},  R_0 = I",
            Both(
                "Rollout. <i>A<sub>l</sub></i>: the mean of all heads’ weights in layer <i>l</i>; <i>I</i>: identity, "
                "for the residual connection.",
                "ロールアウト。<i>A<sub>l</sub></i> は層 <i>l</i> の全ヘッドの重みの平均、<i>I</i> は残差接続を表す単"
                "位行列です。",
            ),
            "Abnar & Zuidema 2020, “Quantifying Attention Flow in Transformers”, § 3, eq. (1)",
        ),
        Formula(
            r"g_i = \sum_d \frac{∂z}{∂x_{id}} x_{id}",
            Both(
                "Gradient × input. <i>z</i>: [[logit]] of the predicted token; <i>x<sub>id</sub></i>: number <i>d</i> "
                "of the [[embedding]] of token <i>i</i>.",
                "勾配×入力。<i>z</i> は予測されたトークンの[[logit|ロジット]]、<i>x<sub>id</sub></i> はトークン <i>i"
                "</i> の[[embedding|埋め込み]]の <i>d</i> 番目の数です。",
            ),
            "Denil et al. 2014; Shrikumar et al. 2017, “Learning Important Features Through Propagating Activation "
            "Differences”, § 3.2.1",
        ),
    ),
    tries=tries,
    misleads=(
        Caution(
            Both(
                "Attention and gradient often disagree about which words matter. That is a finding and not a fault.",
                "どの語が重要かについて、注意と勾配はよく食い違います。それは不具合ではなく、知られた事実です。",
            ),
            "Jain & Wallace 2019, “Attention is not Explanation”",
        ),
        Caution(
            Both(
                "Rollout and flow know only the weights: neither the values nor the feed-forward parts, and the half "
                "that stays in place is an assumption.",
                "ロールアウトとフローが使うのは重みだけです。バリューもフィードフォワード部も考えず、半分がその場に残"
                "るというのも仮定です。",
            ),
            "Abnar & Zuidema 2020; Kobayashi et al. 2021, “Incorporating Residual and Normalization Layers into "
            "Analysis of Masked Language Models”",
        ),
        Caution(
            Both(
                "The gradient says what a small change would do. Where a function is flat it shows nothing, however "
                "much depends on the token.",
                "勾配が表すのは、少しだけ変えたときの影響です。関数が平らなところでは、そのトークンがどれほど大切でも "
                "0 に近くなります。",
            ),
            "Sundararajan et al. 2017, “Axiomatic Attribution for Deep Networks”, § 2.1",
        ),
    ),
    terms=("rollout", "attention_flow", "gradient", "gradient_times_input", "kendall_tau", "residual_connection"),
)
