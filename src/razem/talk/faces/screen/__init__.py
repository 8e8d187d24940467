"""The terminal face: channels, messages, members, on a full screen."""
