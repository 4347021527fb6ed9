"""The logit lens, explained."""

from __future__ import annotations

from visualizer.views.help.data import Both, Caution, Do, Formula, Help, Try
from visualizer.views.help.scene import Scene


def tries(scene: Scene) -> tuple[Try, ...]:
    """Another colour, the scripts, and two candidates followed through the layers."""
    found = [
        scene.propose(
            Do(options={"color": "rank"}),
            "Colour by the rank of the final answer to “{text}”: from which layer on is it the first?",
            "「{text}」への最終的な答えの順位で色分けする。どの層から 1 位になりますか。",
            text=scene.excerpt(),
        ),
        scene.propose(
            Do(options={"beside": "scripts"}),
            "Look at the scripts through the layers at position {position}: do the early layers lean to another one?",
            "位置 {position} で、文字の種類の割合を層ごとに見る。浅い層は別の文字に傾いていますか。",
            position=scene.position,
        ),
    ]
    candidates = scene.candidates(2)
    if len(candidates) == 2:
        first, second = candidates
        found.append(
            scene.propose(
                Do(options={"beside": "tokens", "pinned": frozenset({first.id, second.id})}),
                "Follow “{a}” ({p}) and “{b}” ({q}): in which layer does the first overtake the second?",
                "「{a}」({p})と「{b}」({q})を層ごとに追う。どの層で 1 位が 2 位を抜きますか。",
                a=first.name,
                b=second.name,
                p=scene.percent(first.probability),
                q=scene.percent(second.probability),
            )
        )
    return tuple(found)


HELP = Help(
    shows=Both(
        "The [[logit_lens|logit lens]]: what the model would answer if a [[layer]] were the last. Each cell is a layer "
        "and a position; it names the most probable [[token]]. The [[residual_stream|residual stream]] goes through "
        "the model’s own final norm and [[output_layer|output layer]]. The bottom row reads the "
        "[[embedding|embeddings]], the top row is the model’s real prediction.",
        "[[logit_lens|ロジットレンズ]]は、ある[[layer|層]]が最後の層だったらモデルが何と答えるかを示します。1 マスが "
        "1 つの層と 1 つの位置で、最も確率の高い[[token|トークン]]が書かれています。"
        "[[residual_stream|残差ストリーム]]をモデル自身の最後の正規化と[[output_layer|出力層]]に通した結果です。いちばん下の行は[[embedding|埋め込み]]、いちばん上の行は"
        "モデルの実際の予測です。",
    ),
    reading=Both(
        "Follow a column from below: where does the top token become the final answer? The colour is the top token’s "
        "[[probability]], the [[rank]] of the final answer (as a power of ten: 0 is first), the [[entropy]], or the "
        "[[kl_divergence|KL divergence]] from the last layer.\n\n"
        "Beside the map one position is shown closely: tokens that you pin, or how much probability lies on tokens "
        "written in kanji, kana, Latin letters and others (figures, signs, parts of a character). A token counts for "
        "the script of most of its letters.",
        "1 つの列を下から上へ見て、どの層で最終的な答えになるかを探します。色は、1 位のトークンの"
        "[[probability|確率]]、最終的な答えの[[rank|順位]](10 の何乗か。0 が 1 位)、"
        "[[entropy|エントロピー]]、最後の層からの"
        "[[kl_divergence|KL ダイバージェンス]]のどれかです。\n\n"
        "図の横では、選んだ位置を詳しく見ます。固定したトークンの確率、または漢字・仮名・ラテン文字・その他"
        "(数字、記号、文字の一部)で書かれたトークンの確率の合計です。トークンは、最も多く含む種類の文字に数えます。",
    ),
    formulas=(
        Formula(
            r"p_l = \text{softmax}(W_U \text{norm}(x_l))",
            Both(
                "<i>x<sub>l</sub></i>: the residual stream after <i>l</i> blocks; norm: the final norm; "
                "<i>W<sub>U</sub></i>: the output layer. For the last layer this is the prediction itself.",
                "<i>x<sub>l</sub></i> は <i>l</i> 個のブロックを通った後の残差ストリーム、norm は最後の正規化、"
                "<i>W<sub>U</sub></i> は出力層です。最後の層では、予測そのものになります。",
            ),
            "nostalgebraist 2020, “interpreting GPT: the logit lens”",
        ),
    ),
    tries=tries,
    misleads=(
        Caution(
            Both(
                "Early layers need not speak the language of the output layer, which was only trained on the last one: "
                "a strange token there does not mean that the model “thinks” it.",
                "出力層は最後の層の出力だけで学習されているので、浅い層が同じ言葉で表しているとは限りません。そこに奇妙な"
                "トークンが出ても、モデルがそれを「考えている」わけではありません。",
            ),
            "Belrose et al. 2023, “Eliciting Latent Predictions from Transformers with the Tuned Lens”, § 2",
        ),
        Caution(
            Both(
                "Where input and output share their embeddings, the bottom row often repeats the token that was read.",
                "入力と出力の埋め込みが同じモデルでは、いちばん下の行に、読んだトークンがそのまま出ることが多くなります。",
            ),
            "nostalgebraist 2020",
        ),
        Caution(
            Both(
                "The script of a probable token is not the language of a thought: names, figures and signs are shared "
                "by many languages.",
                "確率の高いトークンの文字の種類は、考えている言語と同じではありません。名前、数字、記号は多くの言語に共通です。",
            ),
            "Wendler et al. 2024, “Do Llamas Work in English?”",
        ),
        Caution(
            Both(
                "After the attention alone the stream is a sum on its way. Where both parts of a block stand side by "
                "side, no part of the model ever reads it.",
                "アテンションの直後の値は、足し算の途中の値です。ブロックの 2 つの部分が並列に並ぶモデルでは、"
                "どの部分もこの値を読みません。",
            ),
        ),
    ),
    terms=("logit_lens", "residual_stream", "output_layer", "layer", "embedding", "rank", "entropy", "kl_divergence"),
)
