"""The WSGI entry point that the web server loads."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

django_application = get_wsgi_application()

from config import checks  # noqa: E402  settings must be ready
from config.bodies import Bodies  # noqa: E402

checks.refuse_to_serve()

application = Bodies(django_application)
