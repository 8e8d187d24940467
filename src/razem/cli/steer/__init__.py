"""`razem hub COMMAND`: steering a hub that runs. One file a command."""
