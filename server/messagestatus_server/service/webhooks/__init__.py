"""Webhooks: endpoints are administered, told of changes, and told again when they were not there."""
