"""The training loop: settings, callbacks, checkpoints, several members."""
