"""The shop's font files, for browsers that set a text while it is typed."""

import gzip
import hashlib
from functools import cache

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from configurator.engine.fonts import FontFile
from configurator.engine.layout.letters import letters_of, read_letters
from configurator.engine.layout.live import face_json, is_served
from configurator.proofs import fonts

FOR_EVER = "public, max-age=31536000, immutable"


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """What a browser has to know of every font before it fetches one, by code."""
    response = JsonResponse(
        {
            code: {
                **face_json(fonts().face(code), file.path),
                "url": reverse("font", args=[file.sha256]) if is_served(file) else None,
                "letters": reverse("font-letters", args=[file.sha256, "0"]).removesuffix("0/"),
            }
            for code, file in files().items()
        }
    )
    response["Cache-Control"] = FOR_EVER if request.GET.get("v") == index_hash() else "no-cache"
    return response


@require_safe
def file(request: HttpRequest, sha256: str) -> HttpResponse:
    """A font file by its content, packed where the browser takes that."""
    served = filter(is_served, files().values())
    found = next((each for each in served if each.sha256 == sha256), None)
    if found is None:
        raise Http404("There is no such font.")
    packed = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(_packed(found) if packed else found.path.read_bytes(), content_type="font/ttf")
    if packed:
        response["Content-Encoding"] = "gzip"
    response["Cache-Control"] = FOR_EVER
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


@require_safe
def letters(request: HttpRequest, sha256: str, letters: str) -> HttpResponse:
    """The letters of a font that is too large to be sent whole. Some kilobytes, made in milliseconds and not
    kept here: the address names what is in it, browsers keep it."""
    found = next((each for each in files().values() if each.sha256 == sha256 and not is_served(each)), None)
    asked = read_letters(letters)
    if found is None or asked is None:
        raise Http404("There is no such font, or its letters are not named so.")
    response = HttpResponse(letters_of(found, asked), content_type="font/ttf")
    response["Cache-Control"] = FOR_EVER
    return response


@cache
def files() -> dict[str, FontFile]:
    return {code: fonts().file_of(code) for code in fonts().codes}


@cache
def index_hash() -> str:
    """Changes when a font does, so that the index may be kept for ever under it."""
    text = "\n".join(f"{code} {file.sha256}" for code, file in files().items())
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def _packed(file: FontFile) -> bytes:
    return gzip.compress(file.path.read_bytes(), 9, mtime=0)
