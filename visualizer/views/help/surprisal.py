"""Surprisal, explained."""

from __future__ import annotations

from visualizer.views.help.data import Both, Caution, Do, Formula, Help, Try
from visualizer.views.help.scene import Scene


def tries(scene: Scene) -> tuple[Try, ...]:
    """By word, the other colour, and the same text without its end."""
    found = [
        scene.propose(
            Do(select={"unit": "word"}, options={"color": "surprisal"}),
            "Read “{text}” by word: the bits of a word’s tokens add up. Which word costs most?",
            "「{text}」を単語ごとに見る。単語のトークンのビットは足し算になります。いちばん高いのはどの単語ですか。",
            text=scene.excerpt(),
        ),
        scene.propose(
            Do(select={"unit": "token"}, options={"color": "entropy"}),
            "Colour “{text}” by entropy: where was the model unsure, and was it surprised there, too?",
            "「{text}」をエントロピーで色分けする。モデルが迷っていたのはどこで、そこで本当に驚きましたか。",
            text=scene.excerpt(),
        ),
    ]
    words = scene.words()
    if len(words) > 1:
        first, last = words[0][1], words[-1][1]
        found.append(
            scene.propose(
                Do(text=f"{scene.trace.text}\n{scene.trace.text}"),
                "Write the text twice: how much less do “{a}” and “{b}” surprise the second time?",
                "同じ文を 2 回続けて書く。2 回目の「{a}」や「{b}」は、どれだけ驚かれなくなりますか。",
                a=first.name,
                b=last.name,
            )
        )
    return tuple(found)


HELP = Help(
    shows=Both(
        "The text as the model read it, coloured by the [[surprisal]] of each [[token]]: how little the model had "
        "expected it, in [[bit|bits]]. As a second colour the [[entropy]]: how unsure the model was before it saw the "
        "token.\n\n"
        "A model that writes predicts each token from those before it; the first token has nothing before it, so it "
        "has "
        "no number. Of an encoder-decoder model it is the target. A [[masked_model|model that fills blanks]] is asked "
        "once for each token, with that token alone [[blank|blanked]]: a pseudo-log-likelihood.",
        "モデルが読んだ文を、各[[token|トークン]]の[[surprisal|サプライザル]](そのトークンがどれだけ予想されていなか"
        "ったか、"
        "単位は[[bit|ビット]])で色分けします。もう 1 つの色は[[entropy|エントロピー]]で、トークンを見る前にモデルがど"
        "れだけ"
        "迷っていたかです。\n\n"
        "文章を書くモデルは、前にあるトークンから次を予測します。最初のトークンの前には何もないので、数値がありません。"
        "エンコーダー・デコーダーモデルでは、出力側の文です。[[masked_model|穴埋めをするモデル]]には、トークンを 1 "
        "つだけ"
        "[[blank|空欄]]にした文を、トークンの数だけ読ませます(擬似対数尤度)。",
    ),
    reading=Both(
        "Stronger colour and a higher bar: less expected. 1 bit is a token to which the model gave 50 %, 10 bits one "
        "in "
        "a thousand. [[rank|Rank]] 1 means that no token was expected more.\n\n"
        "[[perplexity|Perplexity]] sums the text up in one number: the model was as unsure as if it had to guess among "
        "that many equally likely tokens each time. Texts that are cut into different tokens are compared by bits per "
        "character.",
        "色が濃く、下の棒が高いほど、予想外でした。1 ビットは確率 50 %、10 ビットはおよそ千分の一です。[[rank|順位]] "
        "1 は、"
        "それより確率の高いトークンがなかったことを表します。\n\n"
        "[[perplexity|パープレキシティー]]は文全体を 1 つの数にまとめたものです。毎回、それだけの数の同じくらい確から"
        "しいトー"
        "クンから当てるのと同じ難しさ、という意味です。トークンの分け方が違うモデルどうしは、1 "
        "文字あたりのビットで比べます。",
    ),
    formulas=(
        Formula(
            r"s(x_i) = −\log_2 p(x_i | x_{<i})",
            Both(
                "<i>x<sub>i</sub></i>: the token; <i>x</i><sub>&lt;<i>i</i></sub>: all tokens before it.",
                "<i>x<sub>i</sub></i> はトークン、<i>x</i><sub>&lt;<i>i</i></sub> はそれより前のすべてのトークンです。",
            ),
            "Hale 2001, “A Probabilistic Earley Parser as a Psycholinguistic Model”; Levy 2008",
        ),
        Formula(
            r"\text{PLL}(x) = \sum_i \log p(x_i | x_{≠i})",
            Both(
                "For models that fill blanks: every token from all others, each alone blanked.",
                "穴埋めをするモデルの場合。各トークンを、それだけを空欄にして、残りのすべてから予測します。",
            ),
            "Salazar et al. 2020, “Masked Language Model Scoring”, equation 1",
        ),
    ),
    tries=tries,
    misleads=(
        Caution(
            Both(
                "A pseudo-log-likelihood is not the probability of the text: each token is guessed with its neighbours "
                "on both sides in sight. A word of several tokens looks easy, because its other tokens give it away.",
                "擬似対数尤度は文の確率ではありません。どのトークンも、両側が見えている状態で当てます。複数のトークン"
                "からなる"
                "単語は、残りのトークンが手がかりになるため、やさしく見えます。",
            ),
            "Kauf & Ivanova 2023, “A Better Way to Do Masked Language Model Scoring”",
        ),
        Caution(
            Both(
                "Perplexities of models with different vocabularies cannot be compared: take bits per character.",
                "語彙の違うモデルのパープレキシティーは比べられません。1 文字あたりのビットを使います。",
            ),
        ),
        Caution(
            Both(
                "Surprising is not wrong: a rare name is surprising in a true sentence, too.",
                "予想外であることは、誤りであることではありません。正しい文でも、珍しい名前は予想外です。",
            ),
        ),
    ),
    terms=("surprisal", "entropy", "perplexity", "bit", "rank", "probability"),
)
