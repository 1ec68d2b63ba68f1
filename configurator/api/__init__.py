"""The configurator over HTTP: families, configurations, designs, pictures."""
