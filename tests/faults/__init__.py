"""Real processes under load, and what kills, stops and starves them."""
