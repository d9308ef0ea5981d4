"""A Django site in one file, as in production: DEBUG is off, so it answers to its own names only.

python3 site.py PORT
"""

import sys

from django.conf import settings

settings.configure(
    DEBUG=False,
    ALLOWED_HOSTS=["localhost", "127.0.0.1"],
    SECRET_KEY="of a test",
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
    ],
    LOGGING_CONFIG=None,
)

from django.core.management import execute_from_command_line
from django.http import HttpResponse, HttpResponseForbidden, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.urls import path


def home(request):
    return HttpResponse("at home on " + request.get_host())


def form(request):
    """Redirects after a POST, by the URL that Django takes for its own."""
    if request.method == "POST":
        # As Django does from 4.0 on, which this one may precede.
        own = request.build_absolute_uri("/")
        for told in (request.headers.get("Origin", "none") + "/", request.headers.get("Referer", "none")):
            if not told.startswith(own):
                return HttpResponseForbidden(told + " is not of " + own)
        return HttpResponseRedirect(request.build_absolute_uri("/thanks?for=" + request.POST["word"]))
    return HttpResponse('<input name="csrfmiddlewaretoken" value="%s">' % get_token(request))


urlpatterns = [path("", home), path("form", form)]

if __name__ == "__main__":
    execute_from_command_line([sys.argv[0], "runserver", "--noreload", "127.0.0.1:" + sys.argv[1]])
