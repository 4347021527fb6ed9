#!/bin/sh
# Draws the README's pictures with the program itself: sh tools/make_pictures.sh PYTHON
set -eu
python=${1:-python}
render() { "$python" main.py render "$@"; }

for theme in light dark; do
    render --view window --lang en --theme $theme --text "The cat sat on the" --layer 2 --head 1 -o docs/window-en-$theme.png
    render --view window --lang ja --theme $theme --text "私は図書館で本を" --layer 2 --head 1 -o docs/window-ja-$theme.png
done
render --view window --lang en --theme light --model bundled:translate-ja-en --text "私は図書館で本を読みます。" --kind cross --layer 2 --head 0 \
    --scale 1.5 -o docs/translation.png

size="--lang en --width 720 --height 540 --scale 1.5"
trace=$(mktemp -d)/picture.safetensors
"$python" main.py capture --text "私は図書館で本を" -o "$trace"
for view in attention_map head_grid positions next_token attention_lines similar_heads; do
    render --trace "$trace" --view "$view" --layer 2 --head 1 $size -o "docs/$view.png"
done
# These ask the model itself: its projections, its gradient, and its attention on repeated random tokens.
for view in attention_stages head_statistics whole_model_attention; do
    render --text "私は図書館で本を" --view "$view" --layer 2 --head 1 $size -o "docs/$view.png"
done
rm -r "$(dirname "$trace")"
