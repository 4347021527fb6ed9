"""How the model knows where a token stands."""
