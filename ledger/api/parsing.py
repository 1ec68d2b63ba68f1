"""What may come in: strict JSON only."""

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from ledger.engine import strict_json


class StrictJsonParser(BaseParser):
    """``application/json`` through the strict gate; a refusal is a 400 that says what and where."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            return strict_json.parse(stream.read(strict_json.MAX_BYTES + 1))
        except strict_json.BadJson as error:
            raise ParseError(str(error)) from error
