"""`python -m config.probe readyz`: the container's health check, asked of the web server as its own proxy would ask."""

import os
import sys
import urllib.request


def main(page: str) -> int:
    host = os.environ.get("ALLOWED_HOSTS", "127.0.0.1").split(",")[0].strip()
    question = urllib.request.Request(f"http://127.0.0.1:8000/{page}", headers={"Host": host})
    try:
        with urllib.request.urlopen(question, timeout=4) as answer:  # noqa: S310
            return 0 if answer.status == 200 else 1
    except OSError:
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
