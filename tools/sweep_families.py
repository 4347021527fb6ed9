"""Try every text family of the installed transformers, built from a tiny config with random weights.

    python tools/sweep_families.py [NAME ...]

Prints a table: works (attention and logits are the model's own within 1e-5), refused (with the error and what it says),
wrong, untyped (an exception that the program does not know), not built (no tiny config, or none of this size). The
exit status is 1 when any is wrong or untyped. Takes minutes; not part of the tests.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import io
import os
import sys
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

import numpy as np  # noqa: E402
import torch  # noqa: E402
from transformers import PreTrainedModel  # noqa: E402

from tests.core.families import plain_tokenizer  # noqa: E402
from tests.core.small_models import VOCABULARY, built, families  # noqa: E402
from visualizer.core import capture, models  # noqa: E402
from visualizer.core.errors import VisualizerError  # noqa: E402
from visualizer.core.request import RunRequest  # noqa: E402

TOLERANCE = 1e-5
IDS = torch.randint(3, VOCABULARY, (1, 12), generator=torch.Generator().manual_seed(1))
TARGET = torch.tensor([[2, 5, 9, 7, 33]])
NAMES = {
    "self": "attentions",
    "encoder": "encoder_attentions",
    "decoder": "decoder_attentions",
    "cross": "cross_attentions",
}


def verdict(model: PreTrainedModel) -> tuple[str, str]:
    """("works" | "wrong" | "refused" | "untyped", what there is to say)."""
    plain, eager = copy.deepcopy(model), copy.deepcopy(model)
    with torch.no_grad():
        fed = {"decoder_input_ids": TARGET} if getattr(model.config, "is_encoder_decoder", False) else {}
        copy.deepcopy(model)(IDS, **fed)  # what cannot run at all, as it was built here, says nothing of the program
    for part in eager.modules():
        if isinstance(part, PreTrainedModel):
            part.config._attn_implementation = "eager"
    try:
        loaded = models.wrap(model, plain_tokenizer(VOCABULARY))
        target = TARGET if loaded.kind == "encoder_decoder" else None
        trace = capture.run_ids(loaded, RunRequest("x"), IDS, decoder_ids=target)
        logits = trace.logits_of(range(trace.n_positions)) if trace.n_positions else None
    except VisualizerError as error:
        return "refused", f"{type(error).__name__}: {error}"[:160]
    except Exception as error:
        return "untyped", f"{type(error).__name__}: {error}"[:160]
    given = {name: tensor.clone() for name, tensor in trace.inputs.items()}
    with torch.no_grad():
        ordinary, output = plain(**given), eager(**given, output_attentions=True)
    exact: Any = None
    worst, said = 0.0, f"{trace.method}, layers {_short(trace.layer_numbers(trace.kinds[0]))}"
    for kind in trace.kinds:
        own = [w for w in getattr(output, NAMES[kind], None) or () if isinstance(w, torch.Tensor)]
        if len(own) != trace.layers(kind):
            said += f"; {kind}: the model gives {len(own)} matrices, not compared"
            continue
        for at, (layer, matrix) in enumerate(zip(trace.layer_numbers(kind), own, strict=True)):
            ours = np.stack([trace.attention(layer, head, kind) for head in range(trace.record(layer, kind).heads)])
            if tuple(matrix.shape[1:]) != ours.shape:
                said += f"; layer {layer}: the model gives {tuple(matrix.shape)}, not compared"
                continue
            theirs = matrix[0].float().numpy()
            far = float(np.abs(ours - theirs).max())
            if trace.record(layer, kind).sinks is not None and far > TOLERANCE:
                # Some hand out their rows as they were before the sinks took their share; the logits tell.
                far = float(np.abs(ours / ours.sum(-1, keepdims=True) - theirs).max())
                said += "; rows before sinks"
            if far > TOLERANCE:
                # Queries and keys that are normalised and not scaled back (Gemma 4): what float32 itself rounds away.
                exact = exact or _exact(model, given)
                double = [w for w in exact[NAMES[kind]] if isinstance(w, torch.Tensor)][at]
                rounding = float(np.abs(double[0].numpy() - theirs).max())
                said += f"; layer {layer}: {far:.1e}, and {rounding:.1e} by rounding alone"
                far = far if far > rounding else 0.0
            worst = max(worst, far)
    own_logits = ordinary.get("prediction_logits", ordinary.get("logits"))
    if logits is not None and own_logits is not None:
        difference = np.abs(logits - own_logits[0].float().numpy()).max()
        worst = max(worst, float(difference) / max(1.0, float(own_logits.abs().max())))
    else:
        said += "; no predictions"
    return ("works" if worst <= TOLERANCE else "wrong"), f"{said}; {worst:.1e}"


def _exact(model: PreTrainedModel, given: dict[str, torch.Tensor]) -> Any:
    """What the model gives in double precision, unfused."""
    double = copy.deepcopy(model).double()
    for part in double.modules():
        if isinstance(part, PreTrainedModel):
            part.config._attn_implementation = "eager"
    with torch.no_grad():
        return double(**given, output_attentions=True)


def _short(numbers: tuple[int, ...]) -> str:
    return "all" if numbers == tuple(range(len(numbers))) else ",".join(map(str, numbers))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="model types; all of them when none is named")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    counts: Counter[str] = Counter()
    for model_type, model_class in families().items():
        if asked.names and model_type not in asked.names:
            continue
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            try:
                model = built(model_type, model_class)
            except Exception as error:
                found = "not built", f"{type(error).__name__}: {error}".replace("\n", " ")[:120]
            else:
                try:
                    found = verdict(model)
                except Exception as error:  # the model's own passes, which ours are compared with
                    found = "not compared", f"{type(error).__name__}: {error}".replace("\n", " ")[:120]
        counts[found[0]] += 1
        print(f"{model_type:28} {found[0]:12} {found[1]}", flush=True)
    print(", ".join(f"{name} {count}" for name, count in counts.most_common()))
    return 1 if counts["wrong"] or counts["untyped"] else 0


if __name__ == "__main__":
    sys.exit(main())
