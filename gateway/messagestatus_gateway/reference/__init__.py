"""The reference: what the gateway promises, as an OpenAPI document and as a page to read."""
