"""What the window knows: the current model, trace and selection, and the one worker thread. QtCore only."""
