"""The distribution of the next token."""
