"""The tables of configurator."""
