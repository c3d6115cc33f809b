"""Tests of the client package: laid out like `protos/messagestatus`, against real servers."""
