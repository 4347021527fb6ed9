"""Why something cannot be done to a model, or read of it: a sentence for each reason that the core's errors name."""

from __future__ import annotations

from visualizer.session.translation import QT_TRANSLATE_NOOP

INTERVENING = {
    "outside_registry": QT_TRANSLATE_NOOP(
        "Errors", "Nothing can be switched off in models of this family: they do not let their attention be reached."
    ),
    "no_model": QT_TRANSLATE_NOOP(
        "Errors", "This was opened from a file: without its model nothing can be switched off."
    ),
    "feed_forward": QT_TRANSLATE_NOOP("Errors", "The feed-forward part of layer {detail} was not found."),
    "positions": QT_TRANSLATE_NOOP("Errors", "The positions of this model cannot be taken away or moved."),
    "length": QT_TRANSLATE_NOOP("Errors", "The numbers of tokens do not match: {detail}."),
    "gradient": QT_TRANSLATE_NOOP(
        "Errors", "The gradient of this model cannot be computed while parts of its attention are changed."
    ),
    "no_adapter": QT_TRANSLATE_NOOP("Errors", "This model has no adapter that could be switched off."),
    "other_mixers": QT_TRANSLATE_NOOP(
        "Errors", "Not all layers of this model mix tokens by attention: a part of the text cannot be hidden from them."
    ),
    "all_hidden": QT_TRANSLATE_NOOP("Errors", "The whole text would be hidden: there is nothing left to look at."),
    "place": QT_TRANSLATE_NOOP("Errors", "Nothing can be done at “{detail}”."),
}

READING = {
    "no_model": QT_TRANSLATE_NOOP("Errors", "A saved trace does not hold the layers of its model, “{detail}”."),
    "final_norm": QT_TRANSLATE_NOOP(
        "Errors", "What stands between the last layer and the output of this model cannot be told ({detail})."
    ),
    "output_layer": QT_TRANSLATE_NOOP("Errors", "The output layer of this model cannot be asked alone ({detail})."),
    "no_output": QT_TRANSLATE_NOOP("Errors", "“{detail}” has no language-model head: it predicts no token."),
    "projection": QT_TRANSLATE_NOOP("Errors", "What the heads of layer {detail} write cannot be told apart."),
    "neurons": QT_TRANSLATE_NOOP("Errors", "The neurons of layer {detail} cannot be found in this model."),
    "post_norm": QT_TRANSLATE_NOOP(
        "Errors",
        "A normalisation stands between the neurons and the stream: no neuron has tokens of its own ({detail}).",
    ),
    "blocks": QT_TRANSLATE_NOOP(
        "Errors", "The step of layer {detail} is no sum of attention and feed-forward part: nothing lies between them."
    ),
    "changed": QT_TRANSLATE_NOOP(
        "Errors", "Parts of the model are switched off or changed: what lies inside its blocks is not read meanwhile."
    ),
}
