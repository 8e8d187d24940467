"""Faces of the chat client: they show events and return intents, and keep no protocol state."""
