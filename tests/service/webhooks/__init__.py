"""Tests of webhooks as a service: over a real store, with a clock that stands until it is moved."""
