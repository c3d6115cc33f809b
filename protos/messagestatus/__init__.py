"""The contract of messagestatus: generated messages and stubs, typed, for its callers."""
