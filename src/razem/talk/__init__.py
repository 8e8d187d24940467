"""Chat: IRC messages, the hub's state machine and its log, the client and its faces."""
