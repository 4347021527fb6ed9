"""Answers in a passage, explained."""

from __future__ import annotations

from visualizer.views.help.data import Both, Caution, Do, Formula, Help, Try
from visualizer.views.help.scene import Scene, select_head


def tries(scene: Scene) -> tuple[Try, ...]:
    """The other edge, and the head that shows most."""
    return (
        scene.propose(
            Do(options={"edge": "end"}),
            "Colour “{text}” by the end of the answer: is it as sure as the start?",
            "「{text}」を答えの終わりで色分けする。始まりと同じくらい確かですか。",
            text=scene.excerpt(),
        ),
        scene.propose(
            Do(view="attention_map", select=select_head(scene.first)),
            "Look at {head}: does the passage look at the question?",
            "{head}を見る。文章のトークンは質問のトークンに注意を向けていますか。",
            head=scene.name(scene.first),
        ),
    )


HELP = Help(
    shows=Both(
        "Where the checkpoint’s own head sees the answer to a question: for each [[token]] how probable it is that the "
        "answer begins there, and that it ends there. The text is the question, the second sentence the passage.",
        "チェックポイントに含まれる質問応答用の出力層が、質問の答えをどこに見つけるかを示します。[[token|トークン]]ご"
        "とに、答えが"
        "そこから始まる確率と、そこで終わる確率があります。テキストが質問、2 つ目の文が答えを探す文章です。",
    ),
    reading=Both(
        "Stronger colour: more probable. The list has the best answers in the passage, by start times end. The "
        "[[probability|probabilities]] are the model’s own, over question and passage together.",
        "色が濃いほど確率が高いことを表します。下の一覧は、始まりと終わりの確率の積が大きい順です。[[probability|確率"
        "]]はモデル自身"
        "のもので、質問と文章を合わせたすべてのトークンについての値です。",
    ),
    formulas=(
        Formula(
            r"p(i, j) = p_{\text{start}}(i) p_{\text{end}}(j), i ≤ j",
            Both(
                "<i>i</i>, <i>j</i>: first and last token of the answer. Start and end are chosen independently.",
                "<i>i</i> と <i>j</i> は答えの最初と最後のトークンです。始まりと終わりは別々に選ばれます。",
            ),
            "Devlin et al. 2019, “BERT”, § 4.2",
        ),
    ),
    tries=tries,
    misleads=(
        Caution(
            Both(
                "The head finds a place in the passage even where the answer is not there; only models trained on "
                "questions without an answer can say so.",
                "答えが書かれていなくても、どこかを選びます。「答えなし」と言えるのは、答えのない質問でも学習したモデ"
                "ルだけです。",
            ),
            "Rajpurkar et al. 2018, “Know What You Don’t Know”",
        ),
        Caution(
            Both(
                "A right answer may be found for a wrong reason, such as a word that question and passage share.",
                "質問と文章に同じ語があるなど、別の理由で正しい答えが見つかることもあります。",
            ),
            "Jia & Liang 2017, “Adversarial Examples for Evaluating Reading Comprehension Systems”",
        ),
        Caution(
            Both(
                "Start times end is the probability that both were chosen independently, not that the answer is right.",
                "始まりと終わりの確率の積は、両方が別々に選ばれる確率であって、答えが正しい確率ではありません。",
            ),
        ),
    ),
    terms=("token", "probability", "softmax"),
)
