"""All heads at once give what each gives by itself."""

from __future__ import annotations

import pytest
import torch

from tests.core import families
from tests.core.attention_patterns import record_of, uniform
from visualizer.core import attention, capture, models
from visualizer.core.analyses import head_rows
from visualizer.core.request import RunRequest


@pytest.mark.parametrize("family", families.REGISTRY, ids=lambda family: family.name)
def test_some_rows_of_all_heads_are_those_of_each_head(family: families.Family) -> None:
    model = models.wrap(families.build(family), families.plain_tokenizer(families.VOCABULARY))
    trace = capture.run(model, RunRequest("w3 w4 w5 w6 w7 w3 w4 w9 w8 w11 w12"))
    for kind in trace.kinds:
        for layer in range(trace.layers(kind)):
            record = trace.record(layer, kind)
            queries = record.shape[0]
            for rows in (range(queries), range(1, queries), (0, queries - 1), (queries // 2,), ()):
                found = head_rows.weights(record, sorted(set(rows)))
                for head in range(record.heads):
                    wanted = attention.weights(record, head)[sorted(set(rows))]
                    torch.testing.assert_close(found[head], wanted, atol=2e-6, rtol=1e-5)


def test_weights_that_the_model_gave_are_taken_as_they_are() -> None:
    record = record_of(uniform(5, causal=True)[None])
    assert torch.equal(head_rows.weights(record, (1, 4)), record.weights[:, [1, 4]])  # type: ignore[index]
