"""`simulate`: carriers that are not there, who tell of messages as the real ones do."""
