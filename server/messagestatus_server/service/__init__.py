"""What callers can ask of the service, whatever they speak: lookups, messages, receipts, people, access."""
