"""What the service knows to be true of messages and receipts: pure values and rules, no I/O, no protobuf."""
