"""What keeps the repository: not shipped."""
