"""WebhookEndpointService, and what arrives at receivers, on both engines."""
