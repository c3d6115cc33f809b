"""The commands `receipts`: callbacks read again, and receipts that wait for people."""
