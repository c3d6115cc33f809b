"""A status server whose database may have so many pages and no more: a full disk, wherever tests run."""

import os
import sys

from messagestatus_server.command import main
from messagestatus_server.storage.sqlite import connection

PAGES = "CAPPED_PAGES"
"""The environment variable that says how many."""

if __name__ == "__main__":
    connection._WRITER_SETTINGS += (("max_page_count", int(os.environ[PAGES])),)
    sys.exit(main())
