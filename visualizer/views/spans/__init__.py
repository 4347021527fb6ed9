"""The budget of attention by span: stretches of the text marked with the mouse, and what an answer spends on each."""
