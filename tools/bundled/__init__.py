"""The parts that make the bundled models: data, tokenizer, training, evaluation, cards."""
