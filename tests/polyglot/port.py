"""python3 port.py COMMAND…: runs a command while the port of the mocks is taken."""

import socket
import subprocess
import sys

with socket.socket() as taken:
    try:
        taken.bind(("127.0.0.1", 8099))
        taken.listen()
    except OSError:
        # Another program has it, which is just as good.
        pass
    sys.exit(subprocess.run(sys.argv[1:]).returncode)
