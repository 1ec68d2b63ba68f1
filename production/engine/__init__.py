"""The pure part of production: values in, values out; no Django below this folder."""
