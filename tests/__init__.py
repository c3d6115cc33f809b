"""What the service promises, shown with real processes, real files and real clients."""
