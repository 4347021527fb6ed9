"""The text coloured by how surprising each of its tokens was."""
