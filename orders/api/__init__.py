"""The orders over HTTP: the cart, placing, following and cancelling orders."""
