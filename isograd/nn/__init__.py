"""Mathematics of layers, initialisers and optimisers, shared by the front ends."""
