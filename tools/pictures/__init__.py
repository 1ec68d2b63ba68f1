"""Renders the product pictures of the demo families (authoring only; see configurator/pictures/README.md)."""
