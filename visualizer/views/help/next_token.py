"""The next token and the blank, explained."""

from __future__ import annotations

import numpy as np

from visualizer.core.writing import places
from visualizer.views.help.data import Both, Caution, Do, Formula, Help, Try
from visualizer.views.help.scene import Scene


def tries(scene: Scene) -> tuple[Try, ...]:
    """Temperature, the most surprising token; for a masked model a blank, and a second one."""
    if scene.trace.task == "masked" and scene.trace.mask_id is not None:
        return (*_blanks(scene), *_warmer(scene))
    return (*_warmer(scene), *_surprise(scene), *_place(scene))[:3]


def _warmer(scene: Scene) -> tuple[Try, ...]:
    """The first candidate at another temperature, with both of its probabilities."""
    found = scene.candidates(1)
    if not found:
        return ()
    now = scene.selection.sampling.temperature
    wanted = 1.0 if now != 1.0 else 2.0
    before, after = scene.candidates(1, temperature=now)[0], scene.candidates(1, temperature=wanted)[0]
    return (
        scene.propose(
            Do(select={"temperature": wanted}),
            "Set the temperature to {t:g}: “{token}” goes from {a} to {b}.",
            "温度を {t:g} にする。「{token}」の確率は {a} から {b} になります。",
            t=wanted,
            token=found[0].name,
            a=scene.percent(before.probability),
            b=scene.percent(after.probability),
        ),
    )


def _surprise(scene: Scene) -> tuple[Try, ...]:
    """The token that the model expected least, where that is known already."""
    from visualizer.core.analyses import next_token

    bits = next_token.known_surprisals(scene.trace)
    if bits is None or not np.isfinite(bits).any():
        return ()
    at = int(np.nanargmax(bits))
    actual = places.actual_token(scene.trace, at)
    if actual is None:
        return ()
    return (
        scene.propose(
            Do(select={"position": at}),
            "Go to the token that surprised the model most: “{token}”, {bits:.1f} bits. What did it expect instead?",
            "モデルが最も意外に思ったトークンへ移る。「{token}」は {bits:.1f} ビットです。代わりに何を予想していました"
            "か。",
            token=scene.trace.label(actual).strip() or scene.trace.label(actual),
            bits=float(bits[at]),
        ),
    )


def _place(scene: Scene) -> tuple[Try, ...]:
    """The prediction in the middle of the text."""
    tokens = places.predicting_tokens(scene.trace)
    at = (len(tokens) - 1) // 2
    return (
        scene.propose(
            Do(select={"position": at}),
            "Go back to “{token}”: what did the model expect after it, not knowing the rest?",
            "「{token}」まで戻る。続きを知らないとき、モデルはその次に何を予想しましたか。",
            token=tokens[at].name,
        ),
    )


def _blanks(scene: Scene) -> tuple[Try, ...]:
    """Words of the text to blank out: one of its middle, then the last."""
    mask = scene.trace.label(scene.trace.mask_id or 0)
    words = [token for _, token in scene.words() if token.id != scene.trace.mask_id and token.span[0] < token.span[1]]
    chosen = dict.fromkeys((len(words) // 2, len(words) - 1)) if words else {}
    found = []
    for token in (words[at] for at in chosen):
        first, last = token.span
        text = scene.trace.text[:first] + mask + scene.trace.text[last:]
        found.append(
            scene.propose(
                Do(text=text),
                "Blank out “{token}”: does the model find it again?",
                "「{token}」を空欄にする。モデルはもとの語を言い当てますか。",
                token=token.name,
            )
        )
    return tuple(found)


HELP = Help(
    shows=Both(
        "How probable the model finds each token of its [[vocabulary]] at the chosen place: after the text so far, or, "
        "for a model that fills blanks, in the blank. The most probable ones come first; the last row holds all others "
        "together.",
        "選んだ場所に[[vocabulary|語彙]]の各トークンが来る確率です。続きを書くモデルでは文の次のトークン、穴埋めのモデ"
        "ルでは空欄に入るトークンについて示します。確率の高い順に並び、最後の行は残り全部の合計です。",
    ),
    reading=Both(
        "All bars add up to 100 %. The tick is the model’s own probability, the bar what remains after [[temperature]]"
        ", [[top_k|top-k]] and [[top_p|top-p]].\n\n"
        "[[entropy|Entropy]] says how open the choice is: 0 bits, only one token is possible; 10 bits, as open as "
        "among 1024 equally probable ones. With a model that writes, the strip of grey bars is the [[surprisal]] of "
        "each token that really came, in [[bit|bits]]: high where the model expected something else. Click a bar of "
        "the strip to look at the prediction there, click a token to write it.",
        "棒の合計は 100 % です。縦の目印はモデル本来の確率、棒は[[temperature|温度]]、[[top_k|top-k]]、[[top_p|top-p]] "
        "をかけた後の確率です。\n\n"
        "[[entropy|エントロピー]]は、選択肢がどれだけ開かれているかを表します。0 ビットなら 1 つに決まっていて、10 ビ"
        "ットなら 1024 個から等しい確率で選ぶのと同じです。続きを書くモデルでは、灰色の棒が実際に来た各トークンの"
        "[[surprisal|サプライザル]]([[bit|ビット]])です。モデルの予想が外れたところで高くなります。灰色の棒をクリック"
        "するとその場所の予測に移り、トークンをクリックすると文に書き足されます。",
    ),
    formulas=(
        Formula(
            r"p_i = \frac{\exp(z_i / τ)}{\sum_j \exp(z_j / τ)}",
            Both(
                "<i>z<sub>i</sub></i>: the [[logit]] of token <i>i</i>; <i>τ</i>: the [[temperature]]; the sum runs "
                "over the whole vocabulary ([[softmax]]). <i>τ</i> = 1 is the model itself.",
                "<i>z<sub>i</sub></i> はトークン <i>i</i> の[[logit|ロジット]]、<i>τ</i> は[[temperature|温度]]です。"
                "和は語彙全体についてとります([[softmax|ソフトマックス]])。<i>τ</i> = 1 がモデルそのものです。",
            ),
            "Temperature: Hinton et al. 2015, “Distilling the Knowledge in a Neural Network”, eq. (1); top-p: "
            "Holtzman et al. 2020; top-k: Fan et al. 2018",
        ),
        Formula(
            r"H = −\sum_i p_i \log_2 p_i,  S(x) = −\log_2 p(x)",
            Both(
                "<i>H</i>: [[entropy]] of the prediction; <i>S</i>: [[surprisal]] of the token <i>x</i> that really "
                "came. Both in bits; the mean of <i>S</i> over such predictions is <i>H</i>, where the model is right.",
                "<i>H</i> は予測の[[entropy|エントロピー]]、<i>S</i> は実際に来たトークン <i>x</i> の"
                "[[surprisal|サプライザル]]で、どちらも単位はビットです。予測が正しければ、<i>S</i> の平均は <i>H</i> "
                "になります。",
            ),
            "Shannon 1948, “A Mathematical Theory of Communication”, § 6; Hale 2001; Levy 2008",
        ),
    ),
    tries=tries,
    misleads=(
        Caution(
            Both(
                "A probability is not a truth. It says what is usual in the texts that the model has learned from, and "
                "models can be surer than they are right.",
                "確率は正しさではありません。学習した文章でどう書かれることが多いかを表すだけで、モデルが自信をもって"
                "間違えることもあります。",
            ),
            "Guo et al. 2017, “On Calibration of Modern Neural Networks”",
        ),
        Caution(
            Both(
                "Different spellings share the probability of one meaning: that “dog” is low may only mean that "
                "“puppy” is there as well.",
                "同じ意味の確率が、いくつかの表記に分かれます。「犬」が低いのは「イヌ」や「子犬」があるからかもしれま"
                "せん。",
            ),
            "Holtzman et al. 2021, “Surface Form Competition”",
        ),
        Caution(
            Both(
                "The first token of a word is not the word: long words go on behind it.",
                "単語の最初のトークンは、その単語とは限りません。長い単語は、次のトークンへ続きます。",
            ),
        ),
        Caution(
            Both(
                "The surprisal of a model is not that of a reader: larger models are less surprised than people by "
                "rare words and names.",
                "モデルのサプライザルは、読み手の驚きと同じではありません。大きなモデルは、まれな語や名前に人ほど驚き"
                "ません。",
            ),
            "Oh & Schuler 2023, “Why Does Surprisal From Larger Transformer-Based Language Models Provide a Poorer "
            "Fit to Human Reading Times?”",
        ),
    ),
    terms=("token", "vocabulary", "logit", "softmax", "temperature", "top_k", "top_p", "entropy", "surprisal", "bit"),
)
