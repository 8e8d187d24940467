"""The asyncio drivers: twins of the blocking ones, built on protocols, not on StreamReader."""
