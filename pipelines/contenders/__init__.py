"""One module per contender; a module in this folder that calls ``register`` is found by itself."""
