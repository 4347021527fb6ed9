"""Classes, explained."""

from __future__ import annotations

from visualizer.views.help.data import Both, Caution, Do, Formula, Help, Try
from visualizer.views.help.scene import Scene, select_head


def tries(scene: Scene) -> tuple[Try, ...]:
    """A text without its last word, and where the head's first token looks."""
    words = scene.words()
    found = [
        scene.propose(
            Do(view="attention_map", select=select_head(scene.first)),
            "Look at {head}: which tokens gather what the class is read from?",
            "{head}を見る。クラスの判定に使われる情報は、どのトークンに集まっていますか。",
            head=scene.name(scene.first),
        )
    ]
    if words:
        at, last = words[-1]
        shorter = scene.trace.text[: last.span[0]].rstrip()
        if shorter and len(words) > 1:
            found.append(
                scene.propose(
                    Do(text=shorter),
                    "Leave “{token}” out: does the class stay?",
                    "「{token}」を除く。クラスは変わりませんか。",
                    token=last.name,
                )
            )
        found.append(
            scene.propose(
                Do(select={"query": at}),
                "Choose “{token}” in every view.",
                "すべてのビューで「{token}」を選ぶ。",
                token=last.name,
            )
        )
    return tuple(found)


HELP = Help(
    shows=Both(
        "What the checkpoint’s own head says of the text, with the checkpoint’s own names of the classes: one class "
        "for "
        "the whole text, or one for each [[token]]. The head is the one that was trained with the model; one that was "
        "not is never made up.",
        "チェックポイントに含まれる分類用の出力層が、この文をどう判定するかを、チェックポイント自身のクラス名で示しま"
        "す。文全体に "
        "1 つの場合と、[[token|トークン]]ごとに 1 つの場合があります。使うのはモデルと一緒に学習された出力層だけで、"
        "ないものを作"
        "ることはありません。",
    ),
    reading=Both(
        "Each bar is the [[probability]] of a class. Where tokens are judged, stronger colour means a surer head; the "
        "bars are those of the token under the pointer, or of the one that was clicked.",
        "1 本の棒が 1 つのクラスの[[probability|確率]]です。トークンごとに判定するモデルでは、色が濃いほど確信が強く"
        "、棒は指した"
        "トークン、またはクリックしたトークンのものです。",
    ),
    formulas=(
        Formula(
            r"p = \softmax(W h + b)",
            Both(
                "<i>h</i>: the state that the head reads (of a pooled token, or of each token); <i>W</i>, <i>b</i>: "
                "the "
                "head ([[softmax]]). Where several classes may be right, a sigmoid takes the place of the softmax.",
                "<i>h</i> は出力層が読む状態(代表のトークン、または各トークン)、<i>W</i> と <i>b</i> は出力層の重みです"
                "([[softmax|ソフトマックス]])。複数のクラスが同時に正しいことがあるモデルでは、シグモイドを使います。",
            ),
            "Devlin et al. 2019, “BERT”, § 4.1 and 5.3",
        ),
    ),
    tries=tries,
    misleads=(
        Caution(
            Both(
                "A sure head is not a right head: such probabilities are often too high.",
                "確信の強さは正しさではありません。こうした確率は高すぎることがよくあります。",
            ),
            "Guo et al. 2017, “On Calibration of Modern Neural Networks”",
        ),
        Caution(
            Both(
                "The classes are those of the training data: a text of another kind is put into one of them all the "
                "same.",
                "クラスは学習データのものです。それと種類の違う文も、必ずどれかに分類されます。",
            ),
        ),
        Caution(
            Both(
                "Attention that a head pays to a token is no proof that the class depends on that token: leave it "
                "out and look.",
                "あるトークンに注意が向いていても、それがクラスを決めている証拠にはなりません。除いて確かめてください"
                "。",
            ),
            "Jain & Wallace 2019, “Attention is not Explanation”",
        ),
    ),
    terms=("token", "probability", "softmax", "logit"),
)
