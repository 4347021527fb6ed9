"""One forward pass: recording what attention computes as it happens."""
