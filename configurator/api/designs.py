"""Designs: frozen configurations. Assets: the pictures that go into them."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ValidationError
from rest_framework.views import APIView

from configurator import answers, assets, quotes, receiving
from configurator.api.callers import caller
from configurator.api.shapes import (
    OPTION,
    QUANTITY,
    AssetShape,
    DesignSerializer,
    ProofShape,
    QuoteShape,
    quantity_in,
)
from configurator.approvals import proof_of
from configurator.catalogue import spec_of
from configurator.engine.finding_words import with_words
from configurator.models import Design
from configurator.promise import STANDARD

SCOPES = ("configurations:write", "configurations:write")


class OneDesign(APIView):
    """A frozen design of the caller's, or one shared by its link."""

    scopes = SCOPES
    people = "anyone"

    @extend_schema(operation_id="design", responses=DesignSerializer)
    def get(self, request: Request, pk: str) -> Response:
        who = caller(request)
        readable = Design.objects.readable_by(user=who.user, session_key=who.session_key)
        return Response(DesignSerializer(get_object_or_404(readable.select_related("version"), pk=pk)).data)


class Quote(APIView):
    """Price and promise of a design in a quantity, signed: the token goes into the order. An inquiry: nothing
    is held (`POST /holds/` does)."""

    scopes = SCOPES
    people = "anyone"

    @extend_schema(
        operation_id="quote_design",
        parameters=[QUANTITY, OPTION],
        responses=QuoteShape,
    )
    def get(self, request: Request, pk: str) -> Response:
        who = caller(request)
        quantity = quantity_in(request)
        readable = Design.objects.readable_by(user=who.user, session_key=who.session_key)
        design = get_object_or_404(readable.select_related("version__family"), pk=pk)
        option = request.query_params.get("option", STANDARD)
        quote = quotes.quote(design=design, quantity=quantity, now=timezone.now(), option=option)
        return Response(answers.quote_json(quote))


class OneProof(APIView):
    """What would be made of a frozen design, a surface each: its size, every text once more, what the
    machines find, and a picture. The token goes into the order of who has approved it."""

    scopes = SCOPES
    people = "anyone"

    @extend_schema(operation_id="design_proof", responses=ProofShape)
    def get(self, request: Request, pk: str) -> Response:
        who = caller(request)
        readable = Design.objects.readable_by(user=who.user, session_key=who.session_key)
        design = get_object_or_404(readable.select_related("version__family"), pk=pk)
        spec, proof = spec_of(design.version), proof_of(design)
        surfaces = [
            {
                "surface": each.surface,
                "name": each.name,
                "width_mm": each.width_um / 1000,
                "height_mm": each.height_um / 1000,
                "scene": each.scene,
                "profile": each.profile,
                "texts": list(each.texts),
                "findings": [with_words(spec, finding) for finding in each.findings_json],
                "picture": each.picture,
            }
            for each in proof.surfaces
        ]
        return Response({"token": proof.token, "surfaces": surfaces})


class Assets(APIView):
    """Upload a picture (PNG, JPEG, WebP) or a drawing (SVG): it is opened apart, checked and written anew.

    `notes` say what came out other than it went in, such as what of a drawing was left out.
    """

    scopes = SCOPES
    people = "anyone"
    throttle_kind = "upload"
    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="upload_asset",
        request={
            "multipart/form-data": {
                "type": "object",
                "required": ["file"],
                "properties": {"file": {"type": "string", "format": "binary"}},
            }
        },
        responses={201: AssetShape},
    )
    def post(self, request: Request) -> Response:
        upload = request.FILES.get("file")
        if receiving.oversized(request._request) is not None:
            raise assets.FileTooLarge
        if upload is None:
            raise ValidationError({"file": "Send the picture as the part `file` of a multipart form."})
        who = caller(request)
        asset = assets.take_in(upload=upload, owner=who.user, session_key=who.session_key, now=timezone.now())
        return Response(
            {
                "sha256": asset.sha256,
                "kind": asset.kind,
                "width": asset.width,
                "height": asset.height,
                "notes": list(asset.notes),
            },
            status=status.HTTP_201_CREATED,
        )
