"""Outputs from one scene: SVG, PDF, product pictures, sheets."""
