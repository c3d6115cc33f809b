"""The command line, held by what its users see: output, files, and exit codes."""
