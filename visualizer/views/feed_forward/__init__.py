"""The feed-forward part of a layer, neuron by neuron."""
