"""Production over HTTP: what makes things, what is planned, what staff decide."""
