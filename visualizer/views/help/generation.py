"""Writing, explained."""

from __future__ import annotations

from visualizer.views.help.data import Both, Caution, Do, Formula, Help, Try
from visualizer.views.help.scene import Scene


def tries(scene: Scene) -> tuple[Try, ...]:
    """Beams, and many draws."""
    return (
        scene.propose(
            Do(view="generation", options={"mode": "beams"}),
            "Let four beams search: which beginnings are given up, and is the best text the greedy one?",
            "4 本のビームで探索する。どの書き出しが途中で捨てられますか。最良の文は、貪欲な選択の文と同じですか。",
        ),
        scene.propose(
            Do(view="generation", options={"mode": "many"}),
            "Let it write sixteen times: what comes again and again, and what is different each time?",
            "16 回書かせる。何度も現れるのはどの文ですか。毎回変わるのはどこですか。",
        ),
        scene.propose(
            Do(view="generation", options={"mode": "steps", "draws": True}),
            "Draw at random instead of taking the most probable token: how do the ranks change?",
            "最も確率の高いトークンではなく、確率に従って引く。順位はどう変わりますか。",
        ),
    )


HELP = Help(
    shows=Both(
        "How a model writes: again and again it gives every token of its [[vocabulary]] a probability, one is taken, "
        "and the text that has grown by it is read again. Each cell is one such step.",
        "モデルが文を書く過程です。[[vocabulary|語彙]]の全トークンに確率を付け、その 1 つを選び、1 トークン伸びた文を"
        "また読む、ということをくり返します。1 つのます目が 1 回の選択です。",
    ),
    reading=Both(
        "A cell has the token, its probability and its rank; the bars above are the [[entropy]], high where the model "
        "was unsure. Below stand the ten best candidates of the chosen step, the one that was taken marked, and the "
        "tokens that it looked at. Click a candidate, and the model writes on from there; the tree keeps every branch, "
        "with the logarithm of its probability.\n\n"
        "Beam search goes on with several beginnings at once; struck-out tokens were given up. In “many times” the "
        "bars count equal texts of so many draws, beside the model’s own probability of each.",
        "ます目には、トークンとその確率、順位が書いてあります。上の棒は[[entropy|エントロピー]]で、迷ったところほど"
        "高くなります。下には、選んだ回の上位 10 個の候補(選ばれたものに印)と、そのとき注目していたトークンが並びます。"
        "候補をクリックすると、そこから書き直します。どの枝も木に残り、確率の対数が付きます。\n\n"
        "ビームサーチは、いくつかの書き出しを同時に伸ばします。線で消したトークンは途中で捨てられたものです。「何度も」"
        "では、同じ文が何回出たかを、モデル自身が付ける確率と並べて示します。",
    ),
    formulas=(
        Formula(
            r"\log p(y | x) = \sum_i \log p(y_i | x, y_1, …, y_{i-1})",
            Both(
                "The logarithm of the probability of a whole continuation is the sum over its tokens; <i>x</i>: the "
                "text before it.",
                "続き全体の確率の対数は、各トークンの確率の対数の和です。<i>x</i> はその前の文です。",
            ),
            "Bengio et al. 2003, “A Neural Probabilistic Language Model”; beam search: Graves 2012, "
            "“Sequence Transduction with Recurrent Neural Networks”",
        ),
    ),
    tries=tries,
    misleads=(
        Caution(
            Both(
                "The most probable text is not the best one: greedy choice and beams tend to be dull, and repeat "
                "themselves.",
                "最も確率の高い文が最も良い文とは限りません。貪欲な選択やビームサーチは、平凡でくり返しの多い文になりが"
                "ちです。",
            ),
            "Holtzman et al. 2020, “The Curious Case of Neural Text Degeneration”",
        ),
        Caution(
            Both(
                "That many draws agree does not make them true: a model can be wrong each time in the same way.",
                "何度書かせても同じになることは、正しいことを意味しません。毎回同じように間違えることもあります。",
            ),
            "Manakul et al. 2023, “SelfCheckGPT: Zero-Resource Black-Box Hallucination Detection”",
        ),
        Caution(
            Both(
                "What a step looked at is one head of one layer; it is not why the token was chosen.",
                "「注目していたトークン」は 1 つの層の 1 つのヘッドだけのもので、そのトークンを選んだ理由ではありませ"
                "ん。",
            ),
            "Jain & Wallace 2019, “Attention is not Explanation”",
        ),
        Caution(
            Both(
                "Longer texts are less probable, simply because more factors are multiplied; compare texts of like "
                "length.",
                "長い文ほど多くの確率を掛け合わせるので、確率は小さくなります。同じくらいの長さの文どうしを比べてくださ"
                "い。",
            ),
        ),
    ),
    terms=("token", "vocabulary", "entropy", "temperature", "top_k", "top_p"),
)
