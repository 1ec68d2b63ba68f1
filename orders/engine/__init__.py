"""The pure part of orders: values in, values out; no Django below this folder."""
