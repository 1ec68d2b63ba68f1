"""Configurator: what can be made, and a shopper's design of it."""
