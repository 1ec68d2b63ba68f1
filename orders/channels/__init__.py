"""Where orders come from besides the shop: one module each; a new channel is a copied one."""
