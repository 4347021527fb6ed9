"""Where models come from: folders, GGUF files, the hub; and which class runs them."""
