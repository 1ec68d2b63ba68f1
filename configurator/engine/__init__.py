"""The pure part of configurator: values in, values out; no Django below this folder."""
