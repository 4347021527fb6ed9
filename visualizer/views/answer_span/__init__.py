"""Where the answer to a question stands in a passage."""
