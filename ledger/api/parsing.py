"""What may come in: strict JSON only."""

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from ledger.engine import strict_json


class StrictJsonParser(BaseParser):
    """``application/json`` through the strict gate; a refusal is a 400 that says what and where."""

    media_type = "application/json"
    size = strict_json.ORDINARY

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            return strict_json.parse(stream.read(self.size.bytes + 1), size=self.size)
        except strict_json.BadJson as error:
            raise ParseError(str(error)) from error


class BulkJsonParser(StrictJsonParser):
    """The same for lists of many rows."""

    size = strict_json.Size(bytes=20 * 1024 * 1024, nodes=2_000_000)
