#!/bin/sh
# Draws the READMEs' pictures with the program itself: sh tools/make_pictures.sh PYTHON [LANGUAGE]
# English ones go to docs/, Japanese ones to docs/ja/. With a language (en or ja) only its pictures are drawn.
set -eu
python=${1:-python}
languages=${2:-en ja}
text="私は図書館で本を"
render() { "$python" main.py render "$@"; }

folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
trace=$folder/picture.safetensors
"$python" main.py capture --text "$text" -o "$trace"

for language in $languages; do
    docs=docs
    window="The cat sat on the"
    if [ "$language" = ja ]; then
        docs=docs/ja
        window=$text
    fi
    mkdir -p "$docs"
    for theme in light dark; do
        render --view window --lang "$language" --theme $theme --text "$window" --layer 2 --head 1 -o "docs/window-$language-$theme.png"
    done
    # What the READMEs say of this picture holds for this head of translate-ja-en.
    render --view window --lang "$language" --theme light --model bundled:translate-ja-en --text "私は図書館で本を読みます。" \
        --kind cross --layer 2 --head 0 --scale 1.5 -o "$docs/translation.png"
    render --view window --lang "$language" --theme light --text "$window" --layer 2 --head 1 --ablate 2.1,0.5,mlp.1 \
        --scale 1.5 -o "$docs/switched_off.png"
    compared="The small dog sat on the"
    [ "$language" = en ] || compared="私は公園で静かに本を"
    render --view window --lang "$language" --theme light --text "$window" --compare-text "$compared" --difference \
        --layer 2 --head 1 --scale 1.5 -o "$docs/compare.png"
    size="--lang $language --width 720 --height 540 --scale 1.5"
    for view in attention_map head_grid positions next_token surprisal attention_lines similar_heads; do
        render --trace "$trace" --view "$view" --layer 2 --head 1 $size -o "$docs/$view.png"
    done
    # The model that fills blanks reads 「私は図書館で本を読みます。」 and "I read books at the library."
    blanked="I read books at the library."
    [ "$language" = en ] || blanked="私は図書館で本を読みます。"
    render --model bundled:bert-ja-en --text "$blanked" --view blanks --blank 3,5 $size -o "$docs/blanks.png"
    # These ask the model itself: its projections, its gradient, and its attention on repeated random tokens.
    for view in attention_stages generation head_importance head_statistics whole_model_attention feed_forward \
        logit_lens logit_attribution prompts spans model_map; do
        render --text "$text" --view "$view" --layer 2 --head 1 $size -o "$docs/$view.png"
    done
done
